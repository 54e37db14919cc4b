"""Asks the scripted services through the official Python clients; prints what they understood.

Usage: clients.py URL. One JSON object: name of a case -> what the client made of the answer.
"""
import json
import sys

import anthropic
import openai

url, found = sys.argv[1], {}


def error_of(ask):
    """The class of the exception that `ask` raises, and the status that it names."""
    try:
        ask()
    except (openai.APIError, anthropic.APIError) as error:
        return [type(error).__name__, getattr(error, "status_code", None)]
    return ["none", None]


def chat(path, **more):
    client = openai.OpenAI(base_url=f"{url}/{path}", api_key="sk-client", max_retries=0)
    return client.chat.completions.create(model="m", messages=[{"role": "user", "content": "?"}], **more)


def claude(path):
    return anthropic.Anthropic(base_url=f"{url}/{path}", api_key="sk-client", max_retries=0)


ASKED = {"model": "m", "max_tokens": 64, "messages": [{"role": "user", "content": "?"}]}

for vendor in sys.argv[2].split(","):
    text = thought = ""
    finish = usage = None
    for chunk in chat(f"ok/{vendor}", stream=True, stream_options={"include_usage": True}):
        usage = chunk.usage or usage
        for choice in chunk.choices:
            text += choice.delta.content or ""
            thought += (choice.delta.model_extra or {}).get("reasoning_content") or ""
            finish = choice.finish_reason or finish
    found[f"{vendor} stream"] = [text, thought, finish, usage.prompt_tokens if usage else None]
    whole = chat(f"ok/{vendor}")
    message = whole.choices[0].message
    found[f"{vendor} whole"] = [message.content, (message.model_extra or {}).get("reasoning_content") or "",
                                whole.choices[0].finish_reason, whole.usage.prompt_tokens]

for vendor, count in (("openai", int(sys.argv[3])), ("deepseek", int(sys.argv[4]))):
    for n in range(count):
        found[f"{vendor} error {n}"] = error_of(lambda: list(chat(f"error/{vendor}/{n}", stream=True)))

with claude("ok/anthropic").messages.stream(**ASKED) as stream:
    last = stream.get_final_message()
found["anthropic stream"] = [last.content[-1].text, last.content[0].thinking, last.stop_reason, last.usage.output_tokens]
last = claude("ok/anthropic").messages.create(**ASKED)
found["anthropic whole"] = [last.content[-1].text, last.content[0].thinking, last.stop_reason, last.usage.output_tokens]
for n in range(int(sys.argv[5])):
    def ask():
        with claude(f"error/anthropic/{n}").messages.stream(**ASKED) as events:
            events.get_final_message()
    found[f"anthropic error {n}"] = error_of(ask)

client = openai.OpenAI(base_url=f"{url}/ok/perplexity", api_key="sk-client", max_retries=0)
text = ""
for event in client.responses.create(model="m", input="?", stream=True):
    text += event.delta if event.type == "response.output_text.delta" else ""
    if event.type == "response.completed":
        found["responses stream"] = [text, event.response.output_text, event.response.status, event.response.usage.input_tokens]
whole = client.responses.create(model="m", input="?")
found["responses whole"] = [whole.output_text, whole.output_text, whole.status, whole.usage.input_tokens]
print(json.dumps(found))
