"""Writes numbers.tsv: what Python's decimal makes of numbers, as the reference for ours.

usage: python3 make-numbers.py > numbers.tsv
"""
import decimal
import random

decimal.getcontext().prec = 700
decimal.getcontext().Emax = 999999
decimal.getcontext().Emin = -999999
random.seed(20261121)


def text(value):
    """The service's canonical text."""
    if value == 0:
        return "0"
    sign, digits, exponent = value.normalize().as_tuple()
    digits = "".join(map(str, digits))
    if exponent >= 0:
        digits += "0" * exponent
    elif -exponent < len(digits):
        digits = digits[:exponent] + "." + digits[exponent:]
    else:
        digits = "0." + "0" * (-exponent - len(digits)) + digits
    return ("-" if sign else "") + digits


def verdict(value):
    if value == 0:
        return "0"
    value = value.normalize()
    if value.adjusted() > 125:
        return "overflow"
    if value.adjusted() < -130:
        return "underflow"
    if len(value.as_tuple().digits) > 38:
        return "tooPrecise"
    return text(value)


def written():
    """A number in one of the many ways to write it."""
    digits = "".join(random.choice("0123456789") for _ in range(random.choice([1, 2, 5, 17, 37, 38, 39])))
    if random.random() < 0.5:
        place = random.randint(0, len(digits))
        digits = digits[:place] + "." + digits[place:]
        if digits == ".":
            digits = "0."
    if random.random() < 0.5:
        digits += random.choice("eE") + random.choice(["", "+", "-"]) + str(random.choice([0, 1, 9, 60, 88, 125, 131, 170]))
    return random.choice(["", "", "-", "+"]) + digits


for _ in range(600):
    number = written()
    print("read", number, verdict(decimal.Decimal(number)), sep="\t")
good = [n for n in (written() for _ in range(4000))
        if verdict(decimal.Decimal(n)) not in ("overflow", "underflow", "tooPrecise")]
for _ in range(600):
    a, b = random.choice(good), random.choice(good)
    print("add", a, b, verdict(decimal.Decimal(a) + decimal.Decimal(b)), sep="\t")
for _ in range(600):
    a, b = random.choice(good), random.choice(good)
    if random.random() < 0.3:
        b = text(decimal.Decimal(a))
    x, y = decimal.Decimal(a), decimal.Decimal(b)
    print("order", a, b, "<" if x < y else ">" if x > y else "=", sep="\t")
