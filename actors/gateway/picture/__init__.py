"""What the Gateway shows of the site, folded from what its actors publish. Pure: `now` is given.

    picture = Picture(site_map)
    for name, kind in picture.wants: ...              # what to subscribe to
    news = picture.take(name, variable, now)          # what was published
    for ask in picture.asks(now): ...                 # what to ask; again not before picture.asks_at
    news = picture.answered(ask, reply, now)
    data = picture.snapshot("site")                   # or picture.sessions, picture.evse(1), ...

Everything in it is bounded: the newest 100 sessions, 2,000 messages of 4 MiB, 400 points of a curve. It is
drawn anew by its successor; docs/gateway-observation.md says what is lost then.
"""

from actors.gateway.picture.forms import News
from actors.gateway.picture.picture import Picture

__all__ = ["News", "Picture"]
