"""What of group chats deliberately differs from the classic; rows of the table in `differences`."""

from __future__ import annotations

from .difference import Difference

GROUPS: tuple[Difference, ...] = (
    Difference(
        "groups",
        'A message without content, such as a tool call, becomes the text "None" for the others of a group.',
        "It stays without content in histories, and is an empty text in `GroupChat.messages`.",
        "A model reads that word as something somebody said.",
        21,
    ),
    Difference(
        "groups",
        "A group's end is told twice where a member ends it, and once more for each round trip of `max_turns`.",
        "One termination tells it, with the reason that came first.",
        "Why it stopped has to be one answer.",
        22,
    ),
    Difference(
        "groups",
        'A failed choice by a model is told with the wrong one of "no agents" and "multiple agents".',
        "Each attempt is an event that names whom the model named.",
        "Whoever tunes the descriptions goes by it.",
        23,
    ),
    Difference(
        "groups",
        'Ctrl-C in a group hands over to the member who is called "Admin".',
        "It interrupts the run and asks, as in every chat; `admin_name` is but a name in resumed messages.",
        "Nobody gets the word by a name.",
        27,
    ),
    Difference(
        "groups",
        "In an async group the message that ends it is not passed on to the other members.",
        "It is, as in a synchronous one.",
        "Async and sync are one implementation.",
    ),
    Difference(
        "groups",
        "The cost of a group's chat is that of the initiator and the manager, without the choice of speakers.",
        "It is that of everybody who took part; what choosing costs is the manager's.",
        "The sum has to be the sum.",
    ),
    Difference(
        "groups",
        "A new chat with a group leaves what the manager said to its other members in the manager's history.",
        "It begins anew for everybody.",
        "`clear_history=True` says so.",
    ),
    Difference(
        "groups",
        "`initiate_chat(manager, silent=True)` silences the opening message only.",
        "It silences the whole group; so does `GroupChatManager(silent=True)`, but for the opening.",
        "Silent means silent.",
    ),
    Difference(
        "groups",
        "A member whose `is_termination_msg` or person ends the chat ends one round trip of `max_turns` only.",
        "The chat ends.",
        "Whoever says `exit` means it.",
    ),
)
