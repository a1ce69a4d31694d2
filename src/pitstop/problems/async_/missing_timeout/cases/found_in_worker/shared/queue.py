from redis import Redis

queue = Redis()


def enqueue(function, *arguments) -> None:
    queue.lpush("work", f"{function.__module__}:{function.__name__}:{arguments}")
