"""The line of an output that a summary shows."""

import pytest

from rflow.core.summary.units.outputs import telling_line

JAVA = """\
Exception in thread "main" java.lang.IllegalStateException: pool exhausted
\tat com.acme.Pool.take(Pool.java:88) ~[app.jar:1.2]
… 160 lines left out …
Caused by: java.net.ConnectException: Connection refused (10.0.0.5:5432)
\tat java.base/sun.nio.ch.Net.connect0(Native Method)
\t... 23 more
"""
NODE = """\
Error: connect ECONNREFUSED 10.0.0.5:5432
    at TCPConnectWrap.afterConnect [as oncomplete] (node:net:1494:16)
    at async /srv/app.js:12:3

Node.js v18.19.0
"""
GO = """\
panic: runtime error: index out of range [3] with length 3
[signal SIGSEGV: segmentation violation code=0x1]

goroutine 1 [running]:
main.pick(0x3)
\t/srv/main.go:12 +0x1d
exit status 2
"""
NET = """\
Unhandled exception. System.IO.FileNotFoundException: Could not find file 'C:\\srv\\x.config'.
   at System.IO.FileStream.ValidateHandle(SafeFileHandle handle)
   at Acme.Main() in C:\\srv\\Program.cs:line 12
"""
PYTHON = """\
Traceback (most recent call last):
  File "/srv/app.py", line 3, in <module>
    run()
    ^^^^^
ConnectionRefusedError: [Errno 111] Connection refused
"""
PHP = """\
PHP Fatal error:  Uncaught PDOException: SQLSTATE[HY000] [2002] in /srv/db.php:7
Stack trace:
#0 /srv/db.php(7): PDO->__construct('mysql:host=db')
#1 {main}
  thrown in /srv/db.php on line 7
"""
POWERSHELL = """\
Get-Service : Cannot find any service with service name 'spoler'.
At line:1 char:1
+ Get-Service spoler
+ ~~~~~~~~~~~~~~~~~~
    + CategoryInfo          : ObjectNotFound: (spoler:String) [Get-Service]
    + FullyQualifiedErrorId : NoServiceFoundForGivenName,Microsoft.PowerShell.Commands.GetServiceCommand

PS C:\\Users\\sam>
"""


@pytest.mark.parametrize(
    ("output", "line"),
    [
        (JAVA, "Caused by: java.net.ConnectException: Connection refused (10.0.0.5:5432)"),
        (NODE, "Error: connect ECONNREFUSED 10.0.0.5:5432"),
        (GO, "panic: runtime error: index out of range [3] with length 3"),
        (NET, "Unhandled exception. System.IO.FileNotFoundException: Could not find file 'C:\\srv\\x.config'."),
        (PYTHON, "ConnectionRefusedError: [Errno 111] Connection refused"),
        (PHP, "PHP Fatal error:  Uncaught PDOException: SQLSTATE[HY000] [2002] in /srv/db.php:7"),
        (POWERSHELL, "Get-Service : Cannot find any service with service name 'spoler'."),
        ("+----+\n| id |\n+----+\n|  7 |\n+----+\n", "|  7 |"),
        ('{\n  "error": "denied"\n}\n', '"error": "denied"'),
        ("write failed: disk full\nroot@db1:~# \n", "write failed: disk full"),
        ("Link is down\nswitch01(config)#", "Link is down"),
        ("<r>\n  <fault>denied</fault>\n</r>\n", "<fault>denied</fault>"),
        ("(0 rows)\n\n", "(0 rows)"),
        ("--- a\n+ retries = 3\n", "+ retries = 3"),
        ("Restarted.\nat the end it works (nearly)\n", "at the end it works (nearly)"),
        ("Waiting\n0\n", "0"),
        ("Waiting\n✓\n", "✓"),
        ("日本語\n━━━━\n", "日本語"),
        ("}\n---\n", "---"),
        ("\n \n", ""),
    ],
)
def test_it_is_the_last_that_says_something(output: str, line: str) -> None:
    assert telling_line(output.split("\n")) == line
