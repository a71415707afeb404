"""The fast transport: Locust keeps users, shapes, statistics and distribution; an epoll loop does the sending."""
