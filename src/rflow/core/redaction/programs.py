"""The table of programs that accept a password as an argument, and how."""

from typing import Literal

import msgspec

How = Literal["next", "attached", "either", "user:", "user%", "user/", "user,", "cookie", "literal"]
"""Where the value is: in the next word, attached to the option, either; or after a user name and this character."""


class Rule(msgspec.Struct, frozen=True):
    """Options of programs; `needs` is a word that must also be among the arguments ("login")."""

    programs: str
    options: str
    how: How
    needs: str = ""


RULES = (
    Rule(
        "mysql mysqldump mysqladmin mysqlimport mysqlcheck mysqlshow mysqlpump mariadb mariadb-dump", "-p", "attached"
    ),
    Rule("redis-cli keydb-cli valkey-cli redis-benchmark", "-a --pass", "next"),
    Rule("mongo mongosh mongodump mongorestore mongoexport mongoimport mongostat mongotop", "-p", "either"),
    Rule("ldapsearch ldapadd ldapmodify ldapdelete ldapwhoami ldapcompare ldapmodrdn ldappasswd", "-w", "either"),
    Rule("ldappasswd", "-s -a", "next"),
    Rule(
        "snmpwalk snmpget snmpbulkwalk snmpbulkget snmpset snmptrap snmpstatus snmpgetnext snmptable",
        "-c -A -X",
        "either",
    ),
    Rule("docker podman nerdctl buildah skopeo helm oras crane oc az cf argocd rancher", "-p", "either", "login"),
    Rule("curl", "-u -U --user --proxy-user", "user:"),
    Rule("curl", "-b --cookie", "cookie"),
    Rule("curl", "--oauth2-bearer --pass --proxy-pass", "next"),
    Rule("curl", "-E --cert", "user:"),
    Rule("http https xh httpie", "-a --auth", "user:"),
    Rule("sshpass", "-p", "either"),
    Rule(
        "smbclient rpcclient smbget smbcacls smbtree winexe wmic wmiexec net nmblookup samba-tool", "-U --user", "user%"
    ),
    Rule("ipmitool", "-P", "either"),
    Rule("ipmipower ipmiconsole ipmi-sensors racadm idracadm idracadm7 bmc-info hponcfg", "-p", "either"),
    Rule("schtasks psexec", "/rp /p -p", "next"),
    Rule("plink pscp psftp putty", "-pw", "next"),
    Rule("rdesktop xfreerdp psexec crackmapexec netexec nxc smbmap evil-winrm impacket-smbclient", "-p", "either"),
    Rule("xfreerdp wfreerdp cmdkey net psexec schtasks", "/p: /pass: /password: /rp:", "attached"),
    Rule("winrs", "-p: -password: /p: /password:", "attached"),
    Rule("7z 7za 7zr rar unrar", "-p -hp", "attached"),
    Rule("zip unzip", "-P", "either"),
    Rule("openssl", "-k", "next"),
    Rule("sqlplus sqlldr expdp impdp rman", "", "user/"),
    Rule("sqlcmd osql bcp isql tsql", "-P", "either"),
    Rule("cqlsh beeline impala-shell hive influx mysqlsh trino presto", "-p -password", "next"),
    Rule("mosquitto_pub mosquitto_sub", "-P", "next"),
    Rule("rabbitmqadmin", "-p", "next"),
    Rule("lftp", "-u", "user,"),
    Rule("useradd usermod", "-p", "next"),
    Rule("twine", "-p", "next"),
    Rule("nuget dotnet", "-k", "next"),
    Rule("etcdctl", "--user", "user:"),
    Rule("nmcli", "password", "next"),
    Rule("ipa-server-install ipa-client-install ipa-replica-install", "-p -w -a", "next"),
    Rule("ab", "-A -P", "user:"),
    Rule("ncftp ncftpput ncftpget", "-p", "next"),
    Rule("wget", "--http-passwd --ftp-passwd", "next"),
    Rule("swaks", "-ap", "next"),
    Rule("vncviewer x11vnc", "-passwd", "next"),
    Rule("kubectl oc", "--from-literal", "literal"),
    Rule("hydra medusa ncrack", "-p", "next"),
    Rule("cypher-shell esxcli vim-cmd check_mysql check_mysql_query check_pgsql", "-p", "either"),
    Rule("check_http check_curl", "-a -b", "user:"),
    Rule("az", "-p", "next", "server"),
    Rule("conan", "-p", "either", "user"),
    Rule("aws", "--value", "next", "SecureString"),
    Rule("az", "--value", "next", "secret"),
    Rule("gh glab", "--body -b --value -v", "next", "secret"),
    Rule("iscsiadm", "-v", "next", "node.session.auth.password"),
    Rule("vault bao", "", "literal", "put"),
)
# Programs with the password as a positional argument: the words before it, where * is any word.
PLACES: tuple[tuple[str, str], ...] = (
    ("net", "user *"),
    ("vault", "login"),
    ("doveadm", "auth test *"),
    ("db2", "connect to * user * using"),
    ("radtest", "*"),
    ("radtest", "* * * *"),
    ("consul", "kv put *"),
    ("cloudflared", "service install"),
    ("rabbitmqctl", "add_user *"),
    ("rabbitmqctl", "change_password *"),
    ("rabbitmqctl", "authenticate_user *"),
    ("cf", "auth *"),
    ("wpa_passphrase", "*"),
    ("mc", "alias set * * *"),
    ("cargo", "login"),
    ("redis-cli", "auth"),
    ("redis-cli", "config set requirepass"),
    ("aws", "configure set aws_secret_access_key"),
    ("aws", "configure set aws_session_token"),
)
RULES_OF: dict[str, list[Rule]] = {}
for _rule in RULES:
    for _program in _rule.programs.split():
        RULES_OF.setdefault(_program, []).append(_rule)
PROGRAMS = frozenset(RULES_OF) | {"net", "htpasswd", "mosquitto_passwd"} | {program for program, _ in PLACES}
