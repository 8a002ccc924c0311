"""What programs that ask random questions share: the same seed asks every server the same."""
import argparse
import json
import random
import sys

from pymilvus import connections


def ask_randomly(new_questions, asked_of_each):
    """Prints answers as JSON, as many as the command line says.

    new_questions(chance, answered) makes a collection and returns what asks it once more; each is asked
    that often before the next is made.
    """
    args = arguments()
    connections.connect(host=args.host, port=args.port)
    chance = random.Random(args.seed)
    answers = []
    while len(answers) < args.count:
        ask = new_questions(chance, len(answers))
        answers += [ask() for _ in range(min(asked_of_each, args.count - len(answers)))]
    json.dump(answers, sys.stdout)
    print()


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--count", type=int, required=True)
    return parser.parse_args()
