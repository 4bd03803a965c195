package io.github.clickhousebackupagent.api;

import static io.github.clickhousebackupagent.api.ApiAnswersTest.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.clickhousebackupagent.api.ApiException.Kind;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class OperationTest {

    private static final Instant NOW = Instant.parse("2026-11-22T12:00:00Z");

    @ParameterizedTest
    @CsvSource({
        "2.4.0, create, FULL_A, create FULL_A (in-progress action row), IN_PROGRESS",
        "2.8.0, create, FULL_A, create FULL_A (in-progress action row), IN_PROGRESS",
        "2.4.0, create, FULL_A, create FULL_A (final action row), SUCCESS",
        "2.8.0, create, FULL_A, create FULL_A (final action row), SUCCESS",
        "2.4.0, create, FULL_A, create FULL_A again (final action row), ERROR",
        "2.4.0, upload, DIFF_B, upload DIFF_B (final action row), SUCCESS",
        "2.8.0, upload, DIFF_B, upload DIFF_B (final action row), SUCCESS",
        "2.4.0, upload, DIFF_B, upload DIFF_B from NOPE (final action row), DISPUTED",
        "2.8.0, upload, DIFF_B, upload DIFF_B from NOPE (final action row), DISPUTED",
        "2.8.0, upload, DIFF_D, upload DIFF_D (final action row), SUCCESS",
        "2.8.0, upload, KILL_A, killed upload (final action row), CANCEL"
    })
    void theRecordedRowTellsHowFarItIs(
            String version, String verb, String backup, String name, OperationStatus expected) {
        ActionRow row = Recordings.of(version).row(name);

        Operation found = acknowledged(verb, backup, row.operationId()).follow(List.of(row));
        Operation foundWithoutId = acknowledged(verb, backup, null).follow(List.of(row));

        assertThat(found.status()).isEqualTo(expected).isEqualTo(foundWithoutId.status());
        assertThat(found.error()).isEqualTo(row.error());
        assertThat(found.succeeded()).isEqualTo(expected == OperationStatus.SUCCESS);
        assertThat(found.inProgress()).isEqualTo(expected == OperationStatus.IN_PROGRESS);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "upload NAME",
                "upload --resumable=1 NAME",
                "upload --diff-from=\"A\" --resumable=1 NAME",
                "upload --diff-from=\"A\" NAME",
                "upload --diff-from-remote=\"A\" NAME",
                "  upload   --resumable=1   NAME  "
            })
    void whatARestartedServerResumesIsFoundWithoutItsId(String command) {
        Operation upload = acknowledged("upload", "NAME", "lost-with-the-restart");

        assertThat(upload.follow(List.of(row(command, "in progress", null))).inProgress()).isTrue();
        assertThat(upload.follow(List.of(row(command, "success", null))).succeeded()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "upload OTHER_NAME",
                "upload NAME_2",
                "create NAME",
                "upload --diff-from=\"NAME\" OTHER",
                "download NAME",
                "upload",
                "NAME",
                "",
                "list remote"
            })
    void aRowOfAnotherBackupIsNotTakenForOurs(String command) {
        Operation upload = acknowledged("upload", "NAME", null);

        assertThat(upload.follow(List.of(row(command, "success", null))).inDoubt()).isTrue();
    }

    @Test
    void aRowWithAnotherIdIsAnotherOperation() {
        Operation upload = acknowledged("upload", "NAME", "mine");

        assertThat(upload.follow(List.of(row("upload NAME", "success", "theirs"))).inDoubt())
                .isTrue();
    }

    @Test
    void theRowWithTheIdCountsWhateverElseIsThere() {
        Operation upload = acknowledged("upload", "NAME", "mine");

        assertThat(
                        upload.follow(
                                        List.of(
                                                row("upload NAME", "error", "theirs"),
                                                row("upload NAME", "in progress", "mine"),
                                                row("upload NAME", "success", null)))
                                .inProgress())
                .isTrue();
    }

    @Test
    void theLatestOfSeveralRowsCounts() {
        Operation upload = acknowledged("upload", "NAME", null);

        assertThat(
                        upload.follow(
                                        List.of(
                                                row("upload NAME", "success", null),
                                                row("upload NAME", "cancel", null)))
                                .status())
                .isEqualTo(OperationStatus.CANCEL);
    }

    @Test
    void withoutAnyRowNobodyKnowsWhatBecameOfIt() {
        Operation lost = acknowledged("create", "NAME", "id").follow(List.of());

        assertThat(lost.inDoubt()).isTrue();
        assertThat(lost.succeeded()).isFalse();
        assertThat(lost.failed()).isFalse();
    }

    @Test
    void whatARestartedServerFailedToGoOnWithIsSettledByTheLists() {
        Operation upload = acknowledged("upload", "NAME", "id");

        Operation resumed =
                upload.follow(
                        List.of(row("upload --diff-from=\"A\" --resumable=1 NAME", "error", null)));

        assertThat(resumed.unsettled()).isTrue();
        assertThat(resumed.failed()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"paused", "in_progress", "Success", "SUCCESS", "success ", "", "done"})
    void anUnknownStatusIsAnErrorAndNeverSuccess(String status) {
        assertRefused(
                        Kind.NOT_UNDERSTOOD,
                        () ->
                                acknowledged("create", "NAME", null)
                                        .follow(List.of(row("create NAME", status, null))))
                .contains("unknown status '" + status + "'");
    }

    @Test
    void aMissingStatusIsAnErrorToo() {
        assertRefused(
                Kind.NOT_UNDERSTOOD,
                () ->
                        acknowledged("create", "NAME", null)
                                .follow(List.of(row("create NAME", null, null))));
    }

    private static Operation acknowledged(String verb, String backup, String id) {
        return Operation.of(verb, backup, NOW).announced(NOW).acknowledged(id);
    }

    private static ActionRow row(String command, String status, String id) {
        return new ActionRow(command, status, "2026-11-22 12:00:00", null, null, id);
    }
}
