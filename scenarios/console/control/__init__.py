"""What sends something, as the control API takes it: in a running `serve`, or in the command that asks for it."""
