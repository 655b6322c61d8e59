"""A user's program: every line of it must please a strict type checker."""

from typing import Annotated, Any, assert_type

from convagent import AssistantAgent, ChatResult, ConversableAgent, LLMConfig, UserProxyAgent
from convagent.errors import ConfigError, ModelError

config = LLMConfig(api_type="openai", model="gpt-4o-mini", api_key="k", temperature=0.2)

bot = AssistantAgent("bot", system_message="You help.", llm_config=config)
human = UserProxyAgent("human", human_input_mode="ALWAYS")
other = ConversableAgent(
    name="other",
    llm_config=False,
    is_termination_msg=lambda message: "bye" in (message.get("content") or ""),
    max_consecutive_auto_reply=3,
    human_input_mode="NEVER",
)


class Typed(ConversableAgent):
    """Answers for the person, and hands the rest up."""

    def get_human_input(self, prompt: str) -> str:
        return "exit" if "feedback" in prompt else super().get_human_input(prompt)


@human.register_for_execution()
@bot.register_for_llm(description="Add two numbers.")
def add(a: Annotated[int, "the first"], b: Annotated[int, "the second"]) -> int:
    return a + b


def chat() -> str:
    result = human.initiate_chat(bot, message="hello", max_turns=2, summary_method="last_msg")
    assert_type(result, ChatResult)
    for message in result.chat_history:
        print(message.get("role"), message.get("content"))
    return str(result.summary)


async def chat_async() -> ChatResult:
    return await human.a_initiate_chat(bot, message={"content": "hello"}, max_turns=2)


def watch() -> None:
    response = human.run(bot, message="hello", max_turns=2)
    for event in response.events:
        print(event.type, event.agent)
    response.process()


def guarded() -> dict[str, Any]:
    try:
        return {"summary": chat()}
    except ConfigError as error:
        return {"configuration": str(error)}
    except ModelError as error:
        return {"model": error.model, "status": error.status}


assert_type(add(1, 2), Any)
assert_type(Typed("typed").name, str)
