"""Mistakes that a type checker must find: each marked line, and no other."""

from convagent import ConversableAgent

bot = ConversableAgent("bot", llm_config=False)
ConversableAgent(llm_config=False)  # wrong: no name
ConversableAgent("shy", human_input_mode="SOMETIMES")  # wrong: not a mode
ConversableAgent("deaf", max_consecutive_auto_reply="3")  # wrong: not a number
bot.initiate_chat("other", message="hi")  # wrong: a name is not an agent
bot.initiate_chat(bot, message="hi", max_turns="2")  # wrong: not a number
bot.no_such_method()  # wrong: no such method
