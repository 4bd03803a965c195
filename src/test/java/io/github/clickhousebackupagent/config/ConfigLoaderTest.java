package io.github.clickhousebackupagent.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ConfigLoaderTest {

    private static final Clock CLOCK =
            Clock.fixed(Instant.parse("2026-11-22T12:00:00Z"), ZoneOffset.UTC);
    private static final String TARGET = "targets: { node: { url: 'http://node:7171' } }\n";

    @TempDir Path directory;

    @Nested
    class OneClearLineFor {

        @Test
        void anUnknownKeyAtTheTop() {
            assertProblems(
                    TARGET + "scheduls: {}",
                    "f.yaml:2: scheduls: found the unknown key scheduls; allowed: backup, groups,"
                            + " http, limits, log-directory, parallel-runs, retry, schedules,"
                            + " state-directory, targets, traces, zone (did you mean schedules?)");
        }

        @Test
        void anUnknownKeyOfATarget() {
            assertProblems(
                    """
                    targets:
                      node:
                        url: http://node:7171
                        pasword-file: /secret
                    """,
                    "f.yaml:4: targets.node.pasword-file: found the unknown key pasword-file;"
                            + " allowed: clickhouse-password, clickhouse-password-file,"
                            + " clickhouse-url, clickhouse-username, limits, password,"
                            + " password-file, url, username (did you mean password-file?)");
        }

        @Test
        void aLoginForAClickHouseThatIsNowhere() {
            assertProblems(
                    """
                    targets:
                      node: { url: "http://node:7171", clickhouse-username: reader }
                    """,
                    "f.yaml:2: targets.node: found a clickhouse-username without a clickhouse-url;"
                            + " allowed: both, or none");
        }

        @Test
        void aTargetWithoutUrl() {
            assertProblems(
                    "targets:\n  node: { username: api }",
                    "f.yaml:2: targets.node: found no key url; allowed: url must be there");
        }

        @Test
        void anUnknownTargetOfASchedule() {
            assertProblems(
                    TARGET
                            + """
                            schedules:
                              daily:
                                do: full
                                cron: "0 1 * * *"
                                targets: [ node, nod ]
                            """,
                    "f.yaml:6: schedules.daily.targets.1: found the unknown target 'nod';"
                            + " allowed: node (did you mean node?)");
        }

        @Test
        void anUnknownTargetOfAGroup() {
            assertProblems(
                    TARGET + "groups:\n  all: [ node, other ]",
                    "f.yaml:3: groups.all.1: found the unknown target 'other'; allowed: node");
        }

        @Test
        void aGroupNamedAsATarget() {
            assertProblems(
                    TARGET + "groups: { node: [ node ] }",
                    "f.yaml:2: groups.node: found the name of a target; allowed: a name that no"
                            + " target has");
        }

        @Test
        void anUnknownZone() {
            assertProblems(
                    TARGET + "zone: Europe/Berln",
                    "f.yaml:2: zone: found the unknown zone 'Europe/Berln'; allowed: a zone such as"
                            + " Europe/Berlin");
        }

        @Test
        void twoTargetsOfOneName() {
            assertProblems(
                    """
                    targets:
                      node: { url: "http://a:7171" }
                      node: { url: "http://b:7171" }
                    """,
                    "f.yaml:3: targets.node: found the name node again (first in line 2); allowed:"
                            + " each name once");
        }

        @Test
        void aTargetWhoseNameCannotBeAFile() {
            assertThat(problems("targets: { 'a/b': { url: 'http://a:1' } }"))
                    .singleElement()
                    .asString()
                    .startsWith("f.yaml:1: targets.a.b: found the name 'a/b'; allowed: letters");
        }

        @ParameterizedTest
        @ValueSource(strings = {"node:7171", "node", "ftp://node:7171", "/backup"})
        void aUrlWithoutAScheme(String url) {
            assertThat(problems("targets: { node: { url: '" + url + "' } }"))
                    .singleElement()
                    .asString()
                    .startsWith("f.yaml:1: targets.node.url: found '" + url + "'")
                    .endsWith("; allowed: http://HOST:PORT or https://HOST:PORT");
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "http://api:TopSecret@node:7171",
                    "http://api:Top@TopSecret@node:7171",
                    "http://api:Top Secret@node:7171",
                    "http://api:TopSecret%@node:7171",
                    "api:TopSecret@node:7171",
                    "http:api:TopSecret@node:7171"
                })
        void aUrlWithAPasswordWhichIsNotRepeated(String url) {
            assertThat(problems("targets: { node: { url: '" + url + "' } }"))
                    .singleElement()
                    .asString()
                    .startsWith("f.yaml:1: targets.node.url: found ")
                    .doesNotContain("Secret")
                    .doesNotContain("Top");
        }

        @Test
        void aCallbackUrlWithAPasswordWhichIsNotRepeated() {
            assertThat(problems(TARGET + "http: { callback-url: 'http://api:Top%20Secret@agent' }"))
                    .singleElement()
                    .asString()
                    .startsWith("f.yaml:2: http.callback-url: found ")
                    .doesNotContain("Secret");
        }

        @ParameterizedTest
        @ValueSource(
                strings = {"http://agent/a+b", "http://agent/a%20b", "http://agent:8171?token=x"})
        void aCallbackUrlThatServersWouldChange(String url) {
            assertThat(problems(TARGET + "http: { callback-url: '" + url + "' }"))
                    .singleElement()
                    .asString()
                    .startsWith("f.yaml:2: http.callback-url: found '" + url + "'");
        }

        @Test
        void aSecretFileThatIsMissing() {
            Path missing = directory.resolve("missing");
            assertProblems(
                    target("password-file: " + missing),
                    "f.yaml:5: targets.node.password-file: found '"
                            + missing
                            + "', which does not exist; allowed: a file that holds the secret and"
                            + " that the agent may read");
        }

        @Test
        void aSecretFileThatIsEmpty() throws Exception {
            Path empty = Files.writeString(directory.resolve("empty"), "\n");
            assertProblems(
                    target("password-file: " + empty),
                    "f.yaml:5: targets.node.password-file: found the empty file "
                            + empty
                            + "; allowed: a file with a secret");
        }

        @Test
        void aSecretFileThatIsAFolder() {
            assertThat(problems(target("password-file: " + directory)))
                    .singleElement()
                    .asString()
                    .startsWith("f.yaml:5: targets.node.password-file: found '" + directory)
                    .contains("which cannot be read");
        }

        @Test
        void aSecretGivenTwice() throws Exception {
            Path file = Files.writeString(directory.resolve("secret"), "FromFile");
            assertThat(problems(target("password: Inline\n    password-file: " + file)))
                    .singleElement()
                    .asString()
                    .startsWith(
                            "f.yaml:6: targets.node.password-file: found both password and"
                                    + " password-file")
                    .doesNotContain("FromFile")
                    .doesNotContain("Inline");
        }

        @Test
        void aPasswordWithoutAUser() {
            assertProblems(
                    "targets: { node: { url: 'http://node:7171', password: TopSecret } }",
                    "f.yaml:1: targets.node: found a password without a username; allowed: both, or"
                            + " none");
        }

        @Test
        void whatIsNotYaml() {
            assertThat(problems("targets:\n\t- x"))
                    .singleElement()
                    .asString()
                    .startsWith("f.yaml:2: (file): found what is not YAML: ")
                    .endsWith("; allowed: YAML, with spaces for indentation");
        }

        @ParameterizedTest
        @ValueSource(strings = {"targets: [", "a: b: c", "--- a\n--- b", "targets: *none"})
        void whatIsNotYamlEither(String text) {
            assertThat(problems(text)).singleElement().asString().contains("not YAML");
        }

        @Test
        void aFileThatContainsItself() {
            assertThat(problems("targets: &a\n  b: *a"))
                    .singleElement()
                    .asString()
                    .startsWith("f.yaml:");
        }

        @ParameterizedTest
        @ValueSource(strings = {"- targets", "just text", "42"})
        void whatIsNoMapping(String text) {
            assertThat(problems(text))
                    .singleElement()
                    .asString()
                    .startsWith("f.yaml:1: (file): found ")
                    .endsWith("; allowed: keys and values");
        }

        @ParameterizedTest
        @ValueSource(strings = {"", "# nothing\n", "targets:\n", "targets: {}\n", "null"})
        void noTargetsAtAll(String text) {
            assertThat(problems(text)).singleElement().asString().startsWith("f.yaml:1: ");
        }

        @Test
        void wrongTypes() {
            assertProblems(
                    """
                    targets:
                      node: http://node:7171
                    schedules:
                      daily: { do: backup, cron: "0 1 * * *", targets: node }
                    parallel-runs: many
                    limits: { call: 30, list: 0s, create: 5 minutes }
                    backup: { base: last, max-chain-length: -1 }
                    http: { port: 65536, bind: [ a ] }
                    groups: { all: node }
                    """,
                    "f.yaml:2: targets.node: found 'http://node:7171'; allowed: keys and values",
                    "f.yaml:4: schedules.daily.do: found 'backup'; allowed: full, diff",
                    "f.yaml:4: schedules.daily.targets: found 'node'; allowed: a list",
                    "f.yaml:5: parallel-runs: found 'many'; allowed: a whole number",
                    "f.yaml:6: limits.call: found '30'; allowed: a number and a unit (ms, s, m, h,"
                            + " d), such as 30s",
                    "f.yaml:6: limits.list: found '0s'; allowed: a number and a unit (ms, s, m, h,"
                            + " d), such as 30s",
                    "f.yaml:6: limits.create: found '5 minutes'; allowed: a number and a unit (ms,"
                            + " s, m, h, d), such as 30s",
                    "f.yaml:7: backup.base: found 'last'; allowed: previous, last-full",
                    "f.yaml:7: backup.max-chain-length: found '-1'; allowed: at least 0",
                    "f.yaml:8: http.port: found '65536'; allowed: at most 65535",
                    "f.yaml:8: http.bind: found a list; allowed: a single value",
                    "f.yaml:9: groups.all: found 'node'; allowed: a list");
        }

        @Test
        void aPlaceholderWithoutValue() {
            assertProblems(
                    TARGET + "zone: \"{{env:MISSING}}\"",
                    "f.yaml:2: zone: found {{env:MISSING}} but MISSING is not set; allowed:"
                            + " {{env:NAME}} or {{env:NAME:default}}");
        }

        @ParameterizedTest
        @ValueSource(strings = {"{{MISSING}}", "{{env:}}", "{{env:1A}}", "{{properties:a}}"})
        void aMalformedPlaceholder(String placeholder) {
            assertProblems(
                    TARGET + "zone: \"" + placeholder + "\"",
                    "f.yaml:2: zone: found "
                            + placeholder
                            + "; allowed: {{env:NAME}} or {{env:NAME:default}}");
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "61 * * * *",
                    "* * * *",
                    "* 24 * * *",
                    "* * 32 * *",
                    "* * * 13 *",
                    "* * * * 8",
                    "99 0 0 * * ?",
                    "0 0 31 2 *",
                    "0 0 0 1 1 ? 2020",
                    "*/2 5 */2 * 1",
                    "daily",
                    "@daily"
                })
        void aCronThatCannotFire(String cron) {
            assertThat(
                            problems(
                                    TARGET
                                            + "schedules:\n  daily:\n    do: full\n    cron: '"
                                            + cron
                                            + "'"))
                    .singleElement()
                    .asString()
                    .startsWith("f.yaml:5: schedules.daily.cron: found '" + cron + "'")
                    .contains("; allowed: ");
        }

        @ParameterizedTest
        @ValueSource(strings = {"A B", "..", "A/B", "A..B", "-A", "Ä"})
        void aPrefixThatServersWouldChange(String prefix) {
            assertThat(problems(TARGET + "backup: { full-prefix: '" + prefix + "' }"))
                    .singleElement()
                    .asString()
                    .startsWith("f.yaml:2: backup.full-prefix: found '" + prefix + "'");
        }

        @Test
        void prefixesThatCannotBeToldApart() {
            assertProblems(
                    TARGET + "backup:\n  full-prefix: B_\n  diff-prefix: B_D_",
                    "f.yaml:4: backup.diff-prefix: found 'B_D_' beside 'B_'; allowed: two prefixes"
                            + " of which neither begins with the other");
        }

        @Test
        void aFileThatIsNotThere() {
            Path missing = directory.resolve("agent.yaml");
            assertThat(
                            catchThrowableOfType(
                                    ConfigException.class, () -> loader(Map.of()).load(missing)))
                    .hasMessage(
                            missing + ": no such file; give the configuration with --config FILE");
        }
    }

    @Test
    void allProblemsAreToldAtOnce() {
        assertProblems(
                """
                targets:
                  node: { url: "node:7171", password: x }
                schedules:
                  daily: { do: full, cron: "61 * * * *", targets: [ nodee ] }
                zone: Nowhere
                """,
                "f.yaml:2: targets.node.url: found 'node:7171', which does not begin with http:// or https://; allowed:"
                        + " http://HOST:PORT or https://HOST:PORT",
                "f.yaml:2: targets.node: found a password without a username; allowed: both, or"
                        + " none",
                "f.yaml:5: zone: found the unknown zone 'Nowhere'; allowed: a zone such as"
                        + " Europe/Berlin or UTC",
                "f.yaml:4: schedules.daily.targets.0: found the unknown target 'nodee'; allowed:"
                        + " node (did you mean node?)",
                "f.yaml:4: schedules.daily.cron: found '61 * * * *'");
    }

    @Test
    void placeholdersStandInKeysAndValues() {
        AgentConfig config =
                loader(Map.of("NAME", "shard1", "HOST", "db", "PORT", "7172"))
                        .parse(
                                "f.yaml",
                                """
                                targets:
                                  "{{env:NAME}}-{{env:REPLICA:a}}":
                                    url: "http://{{env:HOST}}:{{ env:PORT:7171 }}"
                                parallel-runs: "{{env:PARALLEL:3}}"
                                """);

        assertThat(config.targets()).containsOnlyKeys("shard1-a");
        assertThat(config.targets().get("shard1-a").url()).isEqualTo(URI.create("http://db:7172"));
        assertThat(config.parallelRuns()).isEqualTo(3);
    }

    @Test
    void aDefaultMayHoldColons() {
        AgentConfig config = parse("targets: { n: { url: '{{env:URL:http://node:7171/x}}' } }");

        assertThat(config.targets().get("n").url()).hasToString("http://node:7171/x");
    }

    @Test
    void anEmptyVariableIsAsGoodAsNone() {
        AgentConfig config =
                loader(Map.of("ZONE", ""))
                        .parse("f.yaml", TARGET + "zone: '{{env:ZONE:Europe/Berlin}}'");

        assertThat(config.zone()).isEqualTo(ZoneId.of("Europe/Berlin"));
    }

    @Test
    void anEmptyValueIsNoValue() {
        AgentConfig config =
                parse(
                        """
                        targets: { node: { url: 'http://n:1', username: '', password: , password-file: '' } }
                        backup: { max-chain-length: "" }
                        http:
                        log-directory: ""
                        """);

        assertThat(config.targets().get("node"))
                .isEqualTo(TargetConfig.at(URI.create("http://n:1")));
        assertThat(config.backup()).isEqualTo(BackupConfig.defaults());
        assertThat(config.http()).isEqualTo(HttpConfig.defaults());
        assertThat(config.logDirectory()).isEqualTo(Path.of("/var/log/clickhouse-backup"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"0123", "1e5", "true", "0x1F", "12345678901234567890", "2026-11-22"})
    void aPasswordStaysTheTextThatItIs(String password) {
        assertThat(parse(target("password: " + password)).targets().get("node").password())
                .isEqualTo(new Secret(password));
    }

    @ParameterizedTest
    @ValueSource(strings = {"Top Secret", "Top Secret\n", "Top Secret\r\n"})
    void theNewlineAtTheEndOfASecretFileIsNoPartOfTheSecret(String text) throws Exception {
        Path file = Files.writeString(directory.resolve("secret"), text);

        TargetConfig target = parse(target("password-file: " + file)).targets().get("node");

        assertThat(target.password().reveal()).isEqualTo("Top Secret");
        assertThat(target.passwordFile()).isEqualTo(file);
    }

    @Test
    void onlyOneNewlineOfASecretFileIsDropped() throws Exception {
        Path file = Files.writeString(directory.resolve("secret"), " a\n\n");

        assertThat(parse(target("password-file: " + file)).targets().get("node").password())
                .isEqualTo(new Secret(" a\n"));
    }

    @Test
    void aScheduleOfAGroupIsForEachOfItsTargetsOnce() {
        AgentConfig config =
                parse(
                        """
                        targets:
                          b: { url: "http://b:1" }
                          a: { url: "http://a:1" }
                          c: { url: "http://c:1" }
                        groups: { shard: [ a, b ] }
                        schedules:
                          some: { do: full, cron: "0 1 * * *", targets: [ a, shard ] }
                          all: { do: diff, cron: "0 2 * * *" }
                        """);

        assertThat(config.targetsOf(config.schedules().get("some"))).containsExactly("a", "b");
        assertThat(config.targetsOf(config.schedules().get("all"))).containsExactly("b", "a", "c");
    }

    @Test
    void noDumpOfTheConfigurationHoldsTheSecret() throws Exception {
        Path file = Files.writeString(directory.resolve("secret"), "TopSecret\n");
        AgentConfig config =
                parse(
                        """
                        targets:
                          a: { url: "http://a:1", username: api, password: TopSecret }
                          b: { url: "http://b:1", username: api, password-file: "%s" }
                        """
                                .formatted(file));

        String shown = ConfigLoader.show(config).toString();

        assertThat(shown).contains(Secret.HIDDEN).contains(file.toString());
        assertThat(shown + config).doesNotContain("TopSecret");
    }

    @Test
    void whatIsShownCanBeLoadedAgain() {
        AgentConfig config =
                parse(TARGET + "limits: { call: 90s, upload: 1500ms }\nzone: Europe/Berlin");

        assertThat(parse(ConfigLoader.show(config).toString())).isEqualTo(config);
    }

    private String target(String more) {
        return "targets:\n  node:\n    url: http://node:7171\n    username: api\n    " + more;
    }

    private static AgentConfig parse(String text) {
        return loader(Map.of()).parse("f.yaml", text);
    }

    private static ConfigLoader loader(Map<String, String> environment) {
        return new ConfigLoader(environment::get, CLOCK);
    }

    private static List<String> problems(String text) {
        ConfigException e = catchThrowableOfType(ConfigException.class, () -> parse(text));
        assertThat(e).as("the refusal of:%n%s", text).isNotNull();
        return e.getMessage().lines().toList();
    }

    private static void assertProblems(String text, String... expected) {
        List<String> found = problems(text);
        assertThat(found).hasSameSizeAs(expected);
        for (String line : expected) {
            assertThat(found).anySatisfy(one -> assertThat(one).startsWith(line));
        }
    }

    @Nested
    class OfAPlatform {

        private AgentConfig parse(Map<String, ?> keys) {
            return new ConfigLoader(Map.of("PASSWORD", "secret")::get, CLOCK)
                    .parse("clickhouse-backup", keys);
        }

        @Test
        void valuesAreReadAsThoseOfAFileAre() {
            AgentConfig config =
                    parse(
                            Map.of(
                                    "targets",
                                    Map.of(
                                            "node",
                                            Map.of(
                                                    "url",
                                                    "http://node:7171",
                                                    "username",
                                                    "api",
                                                    "password",
                                                    "{{env:PASSWORD}}")),
                                    "groups",
                                    Map.of("all", List.of("node")),
                                    "schedules",
                                    Map.of(
                                            "daily",
                                            Map.of(
                                                    "do",
                                                    "full",
                                                    "cron",
                                                    "0 3 * * *",
                                                    "targets",
                                                    Map.of("0", "all"))),
                                    "backup",
                                    Map.of("max-chain-length", 7),
                                    "zone",
                                    "UTC"));
            assertThat(config.targets().get("node").password().reveal()).isEqualTo("secret");
            assertThat(config.targetsOf(config.schedules().get("daily"))).containsExactly("node");
            assertThat(config.backup().maxChainLength()).isEqualTo(7);
        }

        @Test
        void whatIsWrongIsToldByItsKeyAndTheNearestName() {
            ConfigException problem =
                    catchThrowableOfType(
                            ConfigException.class,
                            () ->
                                    parse(
                                            Map.of(
                                                    "targets",
                                                    Map.of(
                                                            "node",
                                                            Map.of("urll", "http://node:7171")))));
            assertThat(problem.getMessage())
                    .contains(
                            "clickhouse-backup: targets.node.urll: found the unknown key urll; allowed:")
                    .contains("(did you mean url?)");
        }
    }
}
