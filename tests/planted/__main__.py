"""`python -m tests.planted`: print the table; the exit status is 1 when a bug is missed or something correct accused."""

import sys

from tests.planted.table import Table, add_correct, add_planted, complete

table = Table()
add_planted(table)
add_correct(table)
complete(table)
print(*table.rows(), *table.wrong, sep="\n")
sys.exit(1 if table.wrong else 0)
