"""What ag2 0.14.0 prints for its events, recorded with colours off and on. Data, not to be edited."""

RULE = "-" * 80
STARS = "*" * 80
LONG_RULE = "-" * 100

CLASSIC: dict[str, tuple[str, str]] = {
    "text": (
        f"ada (to bot):\n\nHello\nworld\n\n{RULE}\n",
        f"\x1b[33mada\x1b[0m (to bot):\n\nHello\nworld\n\n{RULE}\n",
    ),
    "text_empty": (
        f"ada (to bot):\n\n\n\n{RULE}\n",
        f"\x1b[33mada\x1b[0m (to bot):\n\n\n\n{RULE}\n",
    ),
    "text_none": (
        f"ada (to bot):\n\n\n{RULE}\n",
        f"\x1b[33mada\x1b[0m (to bot):\n\n\n{RULE}\n",
    ),
    "text_parts": (
        f"ada (to bot):\n\nWhat is \n<image>\n?\n\n{RULE}\n",
        f"\x1b[33mada\x1b[0m (to bot):\n\nWhat is \n<image>\n?\n\n{RULE}\n",
    ),
    "tool_call": (
        "ada (to bot):\n"
        "\n"
        "***** Suggested tool call (call_1): add *****\n"
        "Arguments: \n"
        '{"a": 1}\n'
        "*********************************************\n"
        "\n"
        f"{RULE}\n",
        "\x1b[33mada\x1b[0m (to bot):\n"
        "\n"
        "\x1b[32m***** Suggested tool call (call_1): add *****\x1b[0m\n"
        "Arguments: \n"
        '{"a": 1}\n'
        "\x1b[32m*********************************************\x1b[0m\n"
        "\n"
        f"{RULE}\n",
    ),
    "tool_calls_two": (
        "ada (to bot):\n"
        "\n"
        "Let me see\n"
        "***** Suggested tool call (call_1): add *****\n"
        "Arguments: \n"
        "{}\n"
        "*********************************************\n"
        "***** Suggested tool call (No tool call id found): (No function name found) *****\n"
        "Arguments: \n"
        "(No arguments found)\n"
        "*********************************************************************************\n"
        "\n"
        f"{RULE}\n",
        "\x1b[33mada\x1b[0m (to bot):\n"
        "\n"
        "Let me see\n"
        "\x1b[32m***** Suggested tool call (call_1): add *****\x1b[0m\n"
        "Arguments: \n"
        "{}\n"
        "\x1b[32m*********************************************\x1b[0m\n"
        "\x1b[32m***** Suggested tool call (No tool call id found): (No function name found) *****\x1b[0m"
        "\n"
        "Arguments: \n"
        "(No arguments found)\n"
        "\x1b[32m*********************************************************************************\x1b[0m"
        "\n"
        "\n"
        f"{RULE}\n",
    ),
    "tool_call_empty_content": (
        "ada (to bot):\n"
        "\n"
        "\n"
        "***** Suggested tool call (c): f *****\n"
        "Arguments: \n"
        "{}\n"
        "**************************************\n"
        "\n"
        f"{RULE}\n",
        "\x1b[33mada\x1b[0m (to bot):\n"
        "\n"
        "\n"
        "\x1b[32m***** Suggested tool call (c): f *****\x1b[0m\n"
        "Arguments: \n"
        "{}\n"
        "\x1b[32m**************************************\x1b[0m\n"
        "\n"
        f"{RULE}\n",
    ),
    "tool_response": (
        "ada (to bot):\n"
        "\n"
        "***** Response from calling tool (call_1) *****\n"
        "3\n"
        "***********************************************\n"
        "\n"
        f"{RULE}\n"
        "***** Response from calling tool (No id found) *****\n"
        "4\n"
        "****************************************************\n"
        "\n"
        f"{RULE}\n",
        "\x1b[33mada\x1b[0m (to bot):\n"
        "\n"
        "\x1b[32m***** Response from calling tool (call_1) *****\x1b[0m\n"
        "3\n"
        "\x1b[32m***********************************************\x1b[0m\n"
        "\n"
        f"{RULE}\n"
        "\x1b[32m***** Response from calling tool (No id found) *****\x1b[0m\n"
        "4\n"
        "\x1b[32m****************************************************\x1b[0m\n"
        "\n"
        f"{RULE}\n",
    ),
    "function_call": (
        "ada (to bot):\n"
        "\n"
        "\n"
        "***** Suggested function call: add *****\n"
        "Arguments: \n"
        '{"a": 1}\n'
        "****************************************\n"
        "\n"
        f"{RULE}\n",
        "\x1b[33mada\x1b[0m (to bot):\n"
        "\n"
        "\n"
        "\x1b[32m***** Suggested function call: add *****\x1b[0m\n"
        "Arguments: \n"
        '{"a": 1}\n'
        "\x1b[32m****************************************\x1b[0m\n"
        "\n"
        f"{RULE}\n",
    ),
    "function_call_bare": (
        "ada (to bot):\n"
        "\n"
        "***** Suggested function call: (No function name found) *****\n"
        "Arguments: \n"
        "(No arguments found)\n"
        "*************************************************************\n"
        "\n"
        f"{RULE}\n",
        "\x1b[33mada\x1b[0m (to bot):\n"
        "\n"
        "\x1b[32m***** Suggested function call: (No function name found) *****\x1b[0m\n"
        "Arguments: \n"
        "(No arguments found)\n"
        "\x1b[32m*************************************************************\x1b[0m\n"
        "\n"
        f"{RULE}\n",
    ),
    "function_response": (
        "ada (to bot):\n"
        "\n"
        "***** Response from calling function (add) *****\n"
        "3\n"
        "************************************************\n"
        "\n"
        f"{RULE}\n",
        "\x1b[33mada\x1b[0m (to bot):\n"
        "\n"
        "\x1b[32m***** Response from calling function (add) *****\x1b[0m\n"
        "3\n"
        "\x1b[32m************************************************\x1b[0m\n"
        "\n"
        f"{RULE}\n",
    ),
    "function_response_noname": (
        "ada (to bot):\n"
        "\n"
        "***** Response from calling function (No id found) *****\n"
        "3\n"
        "********************************************************\n"
        "\n"
        f"{RULE}\n",
        "\x1b[33mada\x1b[0m (to bot):\n"
        "\n"
        "\x1b[32m***** Response from calling function (No id found) *****\x1b[0m\n"
        "3\n"
        "\x1b[32m********************************************************\x1b[0m\n"
        "\n"
        f"{RULE}\n",
    ),
    "execute": (
        "\n>>>>>>>> EXECUTING FUNCTION add...\nCall ID: call_1\nInput arguments: {'a': 1, 'b': 'x'}\n",
        "\x1b[35m\n>>>>>>>> EXECUTING FUNCTION add...\nCall ID: call_1\nInput arguments: {'a': 1, 'b': 'x'}\x1b[0m\n",
    ),
    "execute_none": (
        "\n>>>>>>>> EXECUTING FUNCTION add...\nCall ID: None\nInput arguments: {}\n",
        "\x1b[35m\n>>>>>>>> EXECUTING FUNCTION add...\nCall ID: None\nInput arguments: {}\x1b[0m\n",
    ),
    "executed": (
        "\n>>>>>>>> EXECUTED FUNCTION add...\nCall ID: call_1\nInput arguments: {'a': 1}\nOutput:\n3\n",
        "\x1b[35m\n>>>>>>>> EXECUTED FUNCTION add...\nCall ID: call_1\nInput arguments: {'a': 1}\nOutput:\n3\x1b[0m\n",
    ),
    "executed_none": (
        "\n>>>>>>>> EXECUTED FUNCTION add...\nCall ID: None\nInput arguments: None\nOutput:\nError: x\n",
        "\x1b[35m\n>>>>>>>> EXECUTED FUNCTION add...\nCall ID: None\nInput arguments: None\nOutput:\nError: x\x1b[0m\n",
    ),
    "auto": (
        "\n>>>>>>>> USING AUTO REPLY...\n",
        "\x1b[31m\n>>>>>>>> USING AUTO REPLY...\x1b[0m\n",
    ),
    "noinput": (
        "\n>>>>>>>> NO HUMAN INPUT RECEIVED.\n",
        "\x1b[31m\n>>>>>>>> NO HUMAN INPUT RECEIVED.\x1b[0m\n",
    ),
    "termination": (
        "\n>>>>>>>> TERMINATING RUN (12345678-1234-5678-1234-567812345678): No reply generated\n",
        "\x1b[31m\n>>>>>>>> TERMINATING RUN (12345678-1234-5678-1234-567812345678): No reply generated\x1b[0m\n",
    ),
    "carry": (
        f"\n{STARS}\nStarting a new chat....\n\n{STARS}\n",
        f"\x1b[34m\n{STARS}\x1b[0m\n\x1b[34mStarting a new chat....\x1b[0m\n\x1b[34m\n{STARS}\x1b[0m\n",
    ),
    "carry_verbose": (
        f"\n{STARS}\nStarting a new chat....\nEvent:\nhi\nCarryover:\nx\ny\n{{'k': 1}}\n5\n\n{STARS}\n",
        "\x1b[34m\n"
        f"{STARS}\x1b[0m\n"
        "\x1b[34mStarting a new chat....\x1b[0m\n"
        "\x1b[34mEvent:\n"
        "hi\x1b[0m\n"
        "\x1b[34mCarryover:\n"
        "x\n"
        "y\n"
        "{'k': 1}\n"
        "5\x1b[0m\n"
        "\x1b[34m\n"
        f"{STARS}\x1b[0m\n",
    ),
    "carry_dict": (
        f"\n{STARS}\nStarting a new chat....\nEvent:\nDict: {{'content': 'hi'}}\nCarryover:\nc\n\n{STARS}\n",
        "\x1b[34m\n"
        f"{STARS}\x1b[0m\n"
        "\x1b[34mStarting a new chat....\x1b[0m\n"
        "\x1b[34mEvent:\n"
        "Dict: {'content': 'hi'}\x1b[0m\n"
        "\x1b[34mCarryover:\n"
        "c\x1b[0m\n"
        "\x1b[34m\n"
        f"{STARS}\x1b[0m\n",
    ),
    "carry_callable": (
        f"\n{STARS}\nStarting a new chat....\nEvent:\nCallable: len\nCarryover:\n\n\n{STARS}\n",
        "\x1b[34m\n"
        f"{STARS}\x1b[0m\n"
        "\x1b[34mStarting a new chat....\x1b[0m\n"
        "\x1b[34mEvent:\n"
        "Callable: len\x1b[0m\n"
        "\x1b[34mCarryover:\n"
        "\x1b[0m\n"
        "\x1b[34m\n"
        f"{STARS}\x1b[0m\n",
    ),
    "carry_none": (
        f"\n{STARS}\nStarting a new chat....\nEvent:\nNone\nCarryover:\n\n\n{STARS}\n",
        "\x1b[34m\n"
        f"{STARS}\x1b[0m\n"
        "\x1b[34mStarting a new chat....\x1b[0m\n"
        "\x1b[34mEvent:\n"
        "None\x1b[0m\n"
        "\x1b[34mCarryover:\n"
        "\x1b[0m\n"
        "\x1b[34m\n"
        f"{STARS}\x1b[0m\n",
    ),
    "speaker": (
        "\nNext speaker: bot\n\n",
        "\x1b[32m\nNext speaker: bot\n\x1b[0m\n",
    ),
    "cleared": (
        "Preserving one more event for bot to not divide history between tool call and tool respons"
        "e.\n"
        "Preserving one more event for bot to not divide history between tool call and tool respons"
        "e.\n",
        "Preserving one more event for bot to not divide history between tool call and tool respons"
        "e.\n"
        "Preserving one more event for bot to not divide history between tool call and tool respons"
        "e.\n",
    ),
    "cleared0": (
        "",
        "",
    ),
    "nocost": (
        "No cost incurred from agent 'bot'.\n",
        "No cost incurred from agent 'bot'.\n",
    ),
    "usage_agent": (
        "Agent 'bot':\n",
        "Agent 'bot':\n",
    ),
    "usage_none": (
        'No usage summary. Please call "create" first.\n',
        'No usage summary. Please call "create" first.\n',
    ),
    "usage_same": (
        f"{LONG_RULE}\n"
        "Usage summary excluding cached usage: \n"
        "Total cost: 0.01235\n"
        "* Model 'gpt-4o': cost: 0.01235, prompt_tokens: 10, completion_tokens: 5, total_tokens: 15"
        "\n"
        "\n"
        "All completions are non-cached: the total cost with cached completions is the same as actu"
        "al cost.\n"
        f"{LONG_RULE}\n",
        f"{LONG_RULE}\n"
        "Usage summary excluding cached usage: \n"
        "Total cost: 0.01235\n"
        "* Model 'gpt-4o': cost: 0.01235, prompt_tokens: 10, completion_tokens: 5, total_tokens: 15"
        "\n"
        "\n"
        "All completions are non-cached: the total cost with cached completions is the same as actu"
        "al cost.\n"
        f"{LONG_RULE}\n",
    ),
    "usage_cached": (
        f"{LONG_RULE}\n"
        "No actual cost incurred (all completions are using cache).\n"
        "\n"
        "Usage summary including cached usage: \n"
        "Total cost: 0.01235\n"
        "* Model 'gpt-4o': cost: 0.01235, prompt_tokens: 10, completion_tokens: 5, total_tokens: 15"
        "\n"
        f"{LONG_RULE}\n",
        f"{LONG_RULE}\n"
        "No actual cost incurred (all completions are using cache).\n"
        "\n"
        "Usage summary including cached usage: \n"
        "Total cost: 0.01235\n"
        "* Model 'gpt-4o': cost: 0.01235, prompt_tokens: 10, completion_tokens: 5, total_tokens: 15"
        "\n"
        f"{LONG_RULE}\n",
    ),
    "usage_differ": (
        f"{LONG_RULE}\n"
        "Usage summary excluding cached usage: \n"
        "Total cost: 0.01235\n"
        "* Model 'gpt-4o': cost: 0.01235, prompt_tokens: 10, completion_tokens: 5, total_tokens: 15"
        "\n"
        "\n"
        "Usage summary including cached usage: \n"
        "Total cost: 0.0\n"
        "* Model 'm': cost: 0.0, prompt_tokens: 1, completion_tokens: 2, total_tokens: 3\n"
        "* Model 'n': cost: 1.5, prompt_tokens: 1, completion_tokens: 2, total_tokens: 3\n"
        f"{LONG_RULE}\n",
        f"{LONG_RULE}\n"
        "Usage summary excluding cached usage: \n"
        "Total cost: 0.01235\n"
        "* Model 'gpt-4o': cost: 0.01235, prompt_tokens: 10, completion_tokens: 5, total_tokens: 15"
        "\n"
        "\n"
        "Usage summary including cached usage: \n"
        "Total cost: 0.0\n"
        "* Model 'm': cost: 0.0, prompt_tokens: 1, completion_tokens: 2, total_tokens: 3\n"
        "* Model 'n': cost: 1.5, prompt_tokens: 1, completion_tokens: 2, total_tokens: 3\n"
        f"{LONG_RULE}\n",
    ),
    "usage_total": (
        f"{LONG_RULE}\n"
        "Usage summary including cached usage: \n"
        "Total cost: 0.0\n"
        "* Model 'm': cost: 0.0, prompt_tokens: 1, completion_tokens: 2, total_tokens: 3\n"
        "* Model 'n': cost: 1.5, prompt_tokens: 1, completion_tokens: 2, total_tokens: 3\n"
        f"{LONG_RULE}\n",
        f"{LONG_RULE}\n"
        "Usage summary including cached usage: \n"
        "Total cost: 0.0\n"
        "* Model 'm': cost: 0.0, prompt_tokens: 1, completion_tokens: 2, total_tokens: 3\n"
        "* Model 'n': cost: 1.5, prompt_tokens: 1, completion_tokens: 2, total_tokens: 3\n"
        f"{LONG_RULE}\n",
    ),
    "usage_actual": (
        f"{LONG_RULE}\n"
        "Usage summary excluding cached usage: \n"
        "Total cost: 0.01235\n"
        "* Model 'gpt-4o': cost: 0.01235, prompt_tokens: 10, completion_tokens: 5, total_tokens: 15"
        "\n"
        f"{LONG_RULE}\n",
        f"{LONG_RULE}\n"
        "Usage summary excluding cached usage: \n"
        "Total cost: 0.01235\n"
        "* Model 'gpt-4o': cost: 0.01235, prompt_tokens: 10, completion_tokens: 5, total_tokens: 15"
        "\n"
        f"{LONG_RULE}\n",
    ),
    "usage_actual_none": (
        f"{LONG_RULE}\nNo actual cost incurred (all completions are using cache).\n{LONG_RULE}\n",
        f"{LONG_RULE}\nNo actual cost incurred (all completions are using cache).\n{LONG_RULE}\n",
    ),
    "print": (
        'a-1-{"x": [1, null]}-null-true-3.5!\n',
        'a-1-{"x": [1, null]}-null-true-3.5!\n',
    ),
    "print_set": (
        "{1}\n",
        "{1}\n",
    ),
    "error": (
        "",
        "",
    ),
    "completion": (
        "",
        "",
    ),
    "input": (
        "",
        "",
    ),
}
