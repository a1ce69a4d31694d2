import yaml
from yaml import SafeLoader


class Parser:
    def parse(self, text: str) -> dict:
        return yaml.load(text, Loader=SafeLoader)
