"""Room for requests at once: halved where answers take long, once for all that were under way then."""

from simulators.transport.room import Room


def test_it_is_halved_once_for_what_was_under_way_together() -> None:
    room = Room(8)
    with room.place():
        # Alone it is the CLIENT that is slow, not the crowd.
        room.took(0.0, 4.0, 5.0)
        with room.place():
            room.took(1.0, 1.0, 5.0)
            assert room.most == 8
            room.took(1.0, 2.0, 5.0)
            room.took(1.5, 3.0, 5.0)
            assert room.most == 4
            room.took(3.0, 3.0, 5.0)
            assert room.most == 2


def test_what_was_learned_while_it_was_narrowed_stays() -> None:
    room = Room(8)
    with room.narrowed(4):
        assert room.most == 4
    with room.narrowed(4), room.place(), room.place():
        room.took(0.0, 2.0, 5.0)
    assert room.most == 2
