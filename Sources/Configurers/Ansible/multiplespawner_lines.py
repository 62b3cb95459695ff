"""What a run of ansible-playbook does, as one JSON object a line on its output, for the engine that started it."""

import json
import os
import signal

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: multiplespawner_lines
type: stdout
short_description: one JSON object a line
description: What the MultipleSpawner engine reads while it prepares a machine.
"""

LONGEST_MESSAGE = 2000
MOST_LINES = 20


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "multiplespawner_lines"

    def __init__(self):
        super().__init__()
        self.playbook = ""
        self.number = 0
        self.total = 0

    def v2_playbook_on_start(self, playbook):
        self.playbook = os.path.basename(playbook._file_name)
        self.number = 0
        self.total = sum(count_tasks(play) for play in playbook.get_plays())

    def v2_playbook_on_no_hosts_matched(self):
        self.say(event="passed_over")

    def v2_playbook_on_task_start(self, task, is_conditional):
        self.begin(task)

    def v2_playbook_on_handler_task_start(self, task):
        self.begin(task)

    def v2_runner_on_failed(self, result, ignore_errors=False):
        if not ignore_errors:
            self.complain("failed", result)

    def v2_runner_on_unreachable(self, result):
        self.complain("unreachable", result)

    def begin(self, task):
        self.number += 1
        # What is included while it runs could not be counted before.
        self.total = max(self.total, self.number)
        self.say(event="task", task=name_of(task), number=self.number, total=self.total)

    def complain(self, event, result):
        message, lines = words_of(result._result)
        self.say(event=event, task=name_of(result._task), message=message, lines=lines)

    def say(self, **fields):
        line = json.dumps({"playbook": self.playbook, **fields}, default=str) + "\n"
        rest = line.encode("ascii")
        try:
            while rest:
                rest = rest[os.write(1, rest) :]
        except BrokenPipeError:
            # The engine is gone, and with it whoever would want to know: nothing more is begun.
            os.kill(os.getpid(), signal.SIGTERM)


def name_of(task):
    return str(task.get_name()).strip()


def count_tasks(play):
    """How many tasks a play will begin, as far as that is known before it runs."""
    try:
        facts = 0 if play.gather_facts is False else 1
        return facts + sum(count_block(block) for block in play.compile())
    except Exception:
        return 0


def count_block(block):
    count = 0
    for task in block.block + block.always:
        if hasattr(task, "block"):
            count += count_block(task)
        elif not task.implicit and "never" not in task.tags:
            count += 1
    return count


def words_of(result):
    """The message of a task that failed, and the last lines of what it ran. What is not to be logged is not in it."""
    if "censored" in result:
        return "what it said is hidden by its 'no_log'", []
    # The results of a loop, and of the modules that facts come from.
    parts = list(result.get("results") or []) + list((result.get("failed_modules") or {}).values())
    for part in parts:
        if isinstance(part, dict) and (part.get("failed") or part.get("unreachable")):
            return words_of(part)
    said = result.get("stderr") or result.get("module_stderr") or ""
    said = said or result.get("stdout") or result.get("module_stdout") or ""
    lines = str(said).strip().splitlines()[-MOST_LINES:]
    message = str(result.get("msg") or "it failed without a word").strip()
    return message[:LONGEST_MESSAGE], [line[:LONGEST_MESSAGE] for line in lines]
