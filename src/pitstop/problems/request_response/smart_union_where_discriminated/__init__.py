"""`smart-union-where-discriminated`: union of models tried one after the other, although a tag tells them apart."""

from pathlib import Path

from pitstop.data import Option
from pitstop.problems import Choice, Problem
from pitstop.problems.request_response.smart_union_where_discriminated.fix import discriminate
from pitstop.problems.request_response.smart_union_where_discriminated.rule import find

PROBLEM = Problem(
    name="smart-union-where-discriminated",
    domain="request-response",
    title="union of models that are tried one after the other, although a tag tells them apart",
    severity="medium",
    fix_class="decide",
    rule=find,
    choices=(
        Choice(
            option=Option(
                name="discriminator",
                text="name the tag as the discriminator of the union",
                effect="validation 2.5 to 10 times faster for lists in a body, with 3 to 12 models; one error for a wrong item",
                complexity="one annotation",
                risk="the tag is demanded where a model does not have it by default",
                compatibility="errors of 422 have another `loc` and `type`; the document gets a `discriminator`, so generated clients may change",
            ),
            fix=discriminate,
        ),
        Choice(
            option=Option(
                name="left-to-right",
                text='`Field(union_mode="left_to_right")`, which takes the first model that fits',
                effect="fewer models tried: those up to the one that fits",
                complexity="one annotation",
                risk="a model that takes what is another's, as one without the tag, wins if it comes first",
                compatibility="errors and document stay as they are",
            )
        ),
    ),
    folder=Path(__file__).parent,
)
