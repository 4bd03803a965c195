package io.github.clickhousebackupagent.internal.hook;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.clickhousebackupagent.event.Notice;
import io.github.clickhousebackupagent.event.RunEvent;
import io.github.clickhousebackupagent.internal.run.Outcome;
import io.github.clickhousebackupagent.internal.run.Stage;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The reference of the hooks says what they get, which is an interface. */
class HookDocsTest {

    private static final Instant NOON = Instant.parse("2026-11-22T12:00:00Z");
    private static final RunEvent WHOLE =
            new RunEvent(
                    "on-failure",
                    NOON,
                    "r",
                    "t",
                    "full",
                    "s",
                    "b",
                    "base",
                    "prove",
                    "failed",
                    "why",
                    "operation",
                    "sum",
                    NOON,
                    NOON.plusMillis(1500),
                    1500L,
                    7L,
                    2);

    @Test
    void eachPointIsInTheTable() throws Exception {
        assertThat(firstColumn("Points")).containsExactlyElementsOf(HookPoint.words());
    }

    @Test
    void theTableSaysWhatFailsTheRun() throws Exception {
        for (String row : rows("Points")) {
            String point = row.split("`")[1];
            assertThat(row.contains("ends the run"))
                    .as(row)
                    .isEqualTo(HookPoint.of(point).orElseThrow().isCheck());
        }
    }

    @Test
    void eachKeyOfTheBodyIsInTheTableWithItsType() throws Exception {
        JsonNode json = new ObjectMapper().valueToTree(WHOLE);
        assertThat(firstColumn("The body")).containsExactlyElementsOf(names(json));
        for (String row : rows("The body")) {
            String key = row.split("`")[1];
            assertThat(row).contains(json.get(key).isTextual() ? "| text |" : "| number |");
        }
        assertThat(names(json))
                .hasSize(RunEvent.class.getRecordComponents().length)
                .containsExactlyElementsOf(
                        Stream.of(RunEvent.class.getRecordComponents())
                                .map(RecordComponent::getName)
                                .toList());
        assertThat(json.get("startedAt").asText()).isEqualTo("2026-11-22T12:00:00Z");
        assertThat(json.get("finishedAt").asText()).isEqualTo("2026-11-22T12:00:01.500Z");
    }

    @Test
    void eachKeyOfANoticeIsInTheTable() throws Exception {
        List<String> keys =
                Stream.of(Notice.class.getRecordComponents())
                        .map(RecordComponent::getName)
                        .toList();
        assertThat(firstColumn("Notices").subList(0, keys.size())).isEqualTo(keys);
        Notice notice =
                new Notice(
                        "on-notice",
                        NOON,
                        "i",
                        "error",
                        "new",
                        "failed",
                        "t",
                        "full",
                        "one",
                        "two",
                        NOON,
                        7L,
                        1,
                        WHOLE);
        JsonNode json = new ObjectMapper().valueToTree(notice);
        assertThat(names(json)).isEqualTo(keys);
        assertThat(json.get("since").asText()).isEqualTo("2026-11-22T12:00:00Z");
        assertThat(HookEvents.headers(notice))
                .containsEntry("BackupEvent", "on-notice")
                .containsEntry("BackupLevel", "error")
                .containsEntry("BackupState", "new")
                .containsEntry("BackupReason", "why");
    }

    @Test
    void theWordsOfStagesAndOutcomesAreTold() throws Exception {
        String text = String.join("\n", rows("The body"));
        for (Stage stage : Stage.values()) {
            if (stage != Stage.END) {
                assertThat(text).contains("`" + stage.word() + "`");
            }
        }
        for (Outcome outcome : Outcome.values()) {
            assertThat(text).contains("`" + outcome.word() + "`");
        }
    }

    @Test
    void eachHeaderIsInTheTable() throws Exception {
        Map<String, String> headers = HookEvents.headers(WHOLE);
        assertThat(firstColumn("Headers")).containsExactlyElementsOf(headers.keySet());
        assertThat(headers.keySet()).noneMatch(name -> name.startsWith("Camel"));
        JsonNode json = new ObjectMapper().valueToTree(WHOLE);
        for (String row : rows("Headers")) {
            String[] parts = row.split("`");
            assertThat(headers.get(parts[1])).isEqualTo(json.get(parts[3]).asText());
        }
    }

    @Test
    void whatIsNotKnownIsNoHeaderAndNoKey() {
        RunEvent little =
                new RunEvent(
                        "on-warning",
                        NOON,
                        "r",
                        "t",
                        null,
                        null,
                        null,
                        null,
                        null,
                        null,
                        null,
                        null,
                        null,
                        null,
                        null,
                        null,
                        null,
                        null);
        assertThat(HookEvents.headers(little))
                .containsOnlyKeys("BackupEvent", "BackupTarget", "BackupRun");
        assertThat(names(new ObjectMapper().valueToTree(little)))
                .containsExactly("event", "time", "run", "target");
    }

    @Test
    void eachOutcomeHasItsPoint() {
        assertThat(Stream.of(Outcome.values()).map(HookPoint::of))
                .doesNotHaveDuplicates()
                .allMatch(HookPoint::isOutcome);
    }

    /** Returns the names that the first column of the first table of a section holds. */
    private static List<String> firstColumn(String section) throws Exception {
        return rows(section).stream().map(row -> row.split("`")[1]).toList();
    }

    private static List<String> rows(String section) throws Exception {
        String text = Files.readString(Path.of("docs/reference/hooks.md"));
        String from = text.substring(text.indexOf("\n## " + section + "\n"));
        String part = from.substring(0, Math.max(from.indexOf("\n## ", 1), 0));
        return Pattern.compile("(?m)^\\| `.*$")
                .matcher(part)
                .results()
                .map(MatchResult::group)
                .toList();
    }

    private static List<String> names(JsonNode json) {
        return json.properties().stream().map(Map.Entry::getKey).toList();
    }
}
