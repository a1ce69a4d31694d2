import redis

client = redis.Redis(host="cache")


class Cache:
    def forget(self, prefix: str) -> None:
        for key in client.keys(f"{prefix}:*"):
            client.delete(key)
