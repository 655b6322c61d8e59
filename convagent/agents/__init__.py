"""Agents: `ConversableAgent` and what it is made of.

Its classes stand one upon the other, each with one part of what an agent does:

    OwnModel         own_model.py        the model it asks
    AgentCore        core.py             its constructor, its state, how it behaves
    HandoffMethods   handoff_methods.py  to whom it hands over in group patterns
    ToolMethods      tooling.py          its tools
    ReplyMethods     replying.py         how it comes to a reply
    PersonMethods    asking.py           the person it asks
    MemoryMethods    remembering.py      what it remembers
    TurnMethods      taking_turns.py     what the conversation loop asks of it
    ChatMethods      chatting.py         sending, receiving, chats
    RunMethods       running.py          runs, and queues of chats
    ConversableAgent conversable.py
"""
