"""What of running code deliberately differs from the classic; rows of the table in `differences`."""

from __future__ import annotations

from .difference import Difference

CODE: tuple[Difference, ...] = (
    Difference(
        "code",
        "`UserProxyAgent` runs the code blocks of any message by default.",
        "It runs none without `code_execution_config`; `None` means the same as `False`.",
        "Running a model's code is something to ask for.",
        7,
    ),
    Difference(
        "code",
        "Code is run as soon as it is read.",
        "Each block is an action, `run_code`, which any rule may put to a person first; one that was refused is not "
        "run, and the reply says why.",
        "It is the most that an agent can do.",
    ),
    Difference(
        "code",
        "A program inherits the whole environment.",
        "It does not get variables whose name or value says that they are secrets; `env=` gives them.",
        "The key of a model is nothing for what the model writes.",
    ),
    Difference(
        "code",
        "At a time-out the program itself is killed, in the older form not even that; what it started goes on.",
        "Its process group is killed: then, when the block ends, when the run is stopped or cancelled.",
        "What was ended has to have ended.",
    ),
    Difference(
        "code",
        "A program's input is that of the terminal, and its output is kept whatever its size.",
        "It has no input; of each output the first and last 50,000 bytes are kept, and it is told what is missing.",
        "Neither a prompt nor a loop that prints may hold up or fill a conversation.",
    ),
    Difference(
        "code",
        "In the older form a `# filename:` may lead out of the folder; everywhere a file in a folder that is not there "
        "ends the chat.",
        "A name that leads out is refused, by links too; folders below are made.",
        "A model names files, not places.",
    ),
    Difference(
        "code",
        "With an executor any comment in the first line is the name of the file: `# Add two numbers`.",
        "`# filename: x.py` is one, and a comment that is the name of a file and nothing else: `# x.py`.",
        "A sentence is no name, and with a `/` in it the chat failed.",
    ),
    Difference(
        "code",
        "A script with `rm -rf`, and whatever an executor raises, ends the chat by an exception.",
        "It is told to whoever wrote the code, as a failed execution.",
        "The model can write it otherwise.",
    ),
    Difference(
        "code",
        "An executor is handed all blocks of a message at once.",
        "It is handed one at a time, each after it was judged; their outputs are put together.",
        "Who approves the second may look at what the first did.",
    ),
    Difference(
        "code",
        "Python is the `python` that the shell would find, where an executor is given.",
        "It is the interpreter of this process, unless `virtual_env_context=` says otherwise.",
        "There may be none of that name, and another one has other packages.",
    ),
    Difference(
        "code",
        "With an executor `last_n_messages` 0 looks at all messages, and so does `'auto'` where the last message is "
        "no user's.",
        "Both look at none, as in the older form.",
        "Old code would be run once more.",
    ),
    Difference(
        "code",
        "`agent.run_code(code, timeout=, filename=, ...)` takes the keywords of `execute_code`, and none of the "
        "agent's configuration.",
        "It runs code as the agent does, and refuses them.",
        "One agent runs code in one way.",
    ),
    Difference(
        "code",
        "Misspelt keys of `code_execution_config` are ignored; the default folder is inside the package.",
        "They are refused, with the right one; the default folder is `coding`.",
        "A time limit that is not read is none.",
    ),
    Difference(
        "code",
        "Inside a container code that is to be run by docker is run without one more, and unasked.",
        "Where no docker answers, an error says what to write: `use_docker=False`.",
        "Who asks for a wall has to get one, or hear that there is none.",
    ),
    Difference(
        "code",
        "The docker executor needs a package, starts its container at once, and takes `container_create_kwargs`.",
        "It calls the program `docker`, starts with the first block, and takes `run_options=`, as `docker run` does. "
        "The older form keeps one container, and makes no image of it.",
        "Podman does as well, and an agent that runs nothing starts nothing.",
    ),
    Difference(
        "code",
        "`functions=` of an executor are written into a module of its folder.",
        "They are refused: write the module into the folder yourself.",
        "Source that is read back from a running program is often not what it runs.",
    ),
)
