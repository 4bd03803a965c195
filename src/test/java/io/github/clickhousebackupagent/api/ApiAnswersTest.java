package io.github.clickhousebackupagent.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.clickhousebackupagent.api.ApiException.Kind;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ApiAnswersTest {

    private static final String ITEM = "name,location";
    private static final Recordings V28 = Recordings.of("2.8.0");

    private final ApiAnswers answers = new ApiAnswers();

    @ParameterizedTest
    @ValueSource(strings = {"2.4.0", "2.8.0"})
    void anAcknowledgedCreateIsFollowed(String version) {
        Recordings recorded = Recordings.of(version);

        String body =
                answers.accept(
                        recorded.status("create full"), recorded.body("create full"), "POST");
        Acknowledgement answer = Recordings.read(body, Acknowledgement.class);
        answers.acknowledges("create", "FULL_A", answer);

        assertThat(answer.operationId())
                .isEqualTo(recorded.row("create FULL_A (final action row)").operationId());
    }

    @ParameterizedTest
    @ValueSource(strings = {"2.4.0", "2.8.0"})
    void anAcknowledgedUploadIsFollowed(String version) {
        Recordings recorded = Recordings.of(version);

        assertThat(
                        answers.accept(
                                recorded.status("upload diff"),
                                recorded.body("upload diff"),
                                "POST"))
                .isEqualTo(recorded.body("upload diff"));
        Acknowledgement answer = recorded.acknowledgement("upload diff");
        answers.acknowledges("upload", "DIFF_B", answer);

        assertThat(answer.operationId() == null).isEqualTo(version.equals("2.4.0"));
    }

    @Test
    void aRowIsShownAsTheServerWroteIt() {
        ActionRow row = new ActionRow("create A", "error", "t", "t", "disk full", null);

        assertThat(answers.json(row))
                .isEqualTo(
                        "{\"command\":\"create A\",\"status\":\"error\",\"start\":\"t\","
                                + "\"finish\":\"t\",\"error\":\"disk full\"}");
    }

    @Test
    void aNameThatTheServerChangedIsNotFollowedUnderTheOldOne() {
        assertRefused(
                        Kind.CONTRARY,
                        () ->
                                answers.acknowledges(
                                        "create",
                                        "../../etc",
                                        V28.acknowledgement("create strange name")))
                .contains("changed the name ../../etc to etc");
    }

    @Test
    void theAcknowledgementOfSomethingElseIsNotTakenForOurs() {
        Acknowledgement create = V28.acknowledgement("create full");

        assertRefused(Kind.CONTRARY, () -> answers.acknowledges("upload", "FULL_A", create));
        assertRefused(
                Kind.CONTRARY,
                () ->
                        answers.acknowledges(
                                "create",
                                "FULL_A",
                                new Acknowledgement("error", "create", "FULL_A", null)));
        assertRefused(
                Kind.CONTRARY,
                () ->
                        answers.acknowledges(
                                "create",
                                "FULL_A",
                                new Acknowledgement("acknowledged", "create", null, null)));
    }

    @ParameterizedTest
    @CsvSource({
        "2.4.0, no credentials, UNAUTHORIZED, does not accept this username and password",
        "2.8.0, wrong password, UNAUTHORIZED, does not accept this username and password",
        "2.4.0, unknown path, UNKNOWN_CALL, 'GET /backup/nope 404 Not Found'",
        "2.8.0, unknown path, UNKNOWN_CALL, 'GET /backup/nope 404 Not Found'",
        "2.4.0, wrong method, UNKNOWN_CALL, 405 Method GET Not Allowed",
        "2.8.0, wrong method, UNKNOWN_CALL, 405 Method GET Not Allowed",
        "2.4.0, create while upload runs, LOCKED, another operation is currently running",
        "2.8.0, upload while upload runs, LOCKED, another operation is currently running",
        "2.8.0, kill with nothing running, TROUBLED, 500"
    })
    void eachRefusalSaysWhatTheServerSaid(String version, String name, Kind kind, String reason) {
        Recordings recorded = Recordings.of(version);

        assertRefused(
                        kind,
                        () ->
                                answers.accept(
                                        recorded.status(name),
                                        recorded.body(name),
                                        recorded.call(name)))
                .startsWith(recorded.call(name) + ": " + recorded.status(name))
                .contains(reason);
    }

    @ParameterizedTest
    @ValueSource(ints = {100, 202, 204, 301, 302, 400, 500, 502, 503, 504, 0, -1})
    void anyOtherStatusIsAnError(int status) {
        Kind kind = status == 400 ? Kind.REFUSED : Kind.TROUBLED;
        assertRefused(kind, () -> answers.accept(status, "{}", "GET /x"))
                .startsWith("GET /x: " + status);
    }

    @Test
    void thePageOfAProxyIsShownShortAndInOneLine() {
        String page = "<html>\n <body>Bad Gateway" + " x".repeat(500) + "</body>\n</html>";

        assertRefused(Kind.TROUBLED, () -> answers.accept(502, page, "GET /x"))
                .startsWith("GET /x: 502, <html> <body>Bad Gateway x")
                .endsWith("...")
                .doesNotContain("\n")
                .hasSizeLessThan(300);
        assertRefused(Kind.TROUBLED, () -> answers.accept(503, null, "GET /x"))
                .isEqualTo("GET /x: 503, an empty body");
    }

    @ParameterizedTest
    @ValueSource(strings = {"2.4.0", "2.8.0"})
    void aListIsOneObjectALine(String version) throws Exception {
        Recordings recorded = Recordings.of(version);

        String array = answers.jsonArray(recorded.body("list remote"), ITEM);

        BackupItem[] items = Recordings.JSON.readValue(array, BackupItem[].class);
        assertThat(items).hasSizeGreaterThanOrEqualTo(4);
        assertThat(items[0].name()).isEqualTo("FULL_A");
        assertThat(items[0].required()).isEmpty();
        assertThat(items[0].size()).isPositive();
        assertThat(items[0].broken()).isFalse();
        assertThat(items[1].required()).isEqualTo("FULL_A");
    }

    @ParameterizedTest
    @ValueSource(strings = {"2.4.0", "2.8.0"})
    void anEmptyBodyIsAnEmptyList(String version) {
        assertThat(answers.jsonArray(Recordings.of(version).body("list remote empty"), ITEM))
                .isEqualTo("[]");
        assertThat(answers.jsonArray(null, ITEM)).isEqualTo("[]");
        assertThat(answers.jsonArray("\n\n", ITEM)).isEqualTo("[]");
    }

    @Test
    void halfAListIsNotTakenForTheWholeOne() {
        String whole = V28.body("list remote");

        assertRefused(
                        Kind.NOT_UNDERSTOOD,
                        () -> answers.jsonArray(whole.substring(0, whole.length() - 20), ITEM))
                .startsWith("expected one JSON object a line with name,location, found: {");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "<html><body>Sign in</body></html>",
                "OK",
                "[]",
                "null",
                "42",
                "{\"name\":\"A\"}{\"name\":\"B\"}",
                "{\"name\":\"A\"} trailing"
            })
    void whatIsNoListIsNotTakenForOne(String body) {
        assertRefused(Kind.NOT_UNDERSTOOD, () -> answers.jsonArray(body, ""));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"{}", "{\"message\":\"sign in\"}", "{\"name\":1,\"location\":\"local\"}"})
    void anObjectThatIsNoBackupIsNotTakenForOne(String body) {
        assertRefused(Kind.NOT_UNDERSTOOD, () -> answers.jsonArray(body, ITEM))
                .endsWith("found: " + body);
    }

    @Test
    void aRedirectIsToldAsWhatItIs() {
        assertRefused(Kind.TROUBLED, () -> answers.accept(302, "", "GET /x"))
                .isEqualTo("GET /x: 302, a redirect, which is not followed: is the url right?");
    }

    @Test
    void anUploadThatGoesOnIsListedAsBroken() {
        JsonNode item =
                Recordings.JSON
                        .createObjectNode()
                        .put("name", "A")
                        .put("desc", "broken (can't stat metadata.json)");

        assertThat(Recordings.read(item.toString(), BackupItem.class).broken()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"create FOREIGN", "upload --resumable=1 A", "download A"})
    void aServerThatIsBusyIsNotGivenASecondOperation(String command) {
        assertThat(
                        answers.busyWith(
                                List.of(
                                        row("list remote", "in progress"),
                                        row(command, "in progress")),
                                false))
                .contains(command);
    }

    @Test
    void aListOrWhatIsOverKeepsNoServerBusy() {
        assertThat(answers.busyWith(List.of(), false)).isEmpty();
        assertThat(
                        answers.busyWith(
                                List.of(
                                        row("list remote", "in progress"),
                                        row("create A", "success"),
                                        row("create in_progress", "error")),
                                false))
                .isEmpty();
    }

    @Test
    void aListMayBeWhatAServerRefusesFor() {
        assertThat(answers.busyWith(List.of(row("list remote", "in progress")), true))
                .contains("list remote");
    }

    private static ActionRow row(String command, String status) {
        return new ActionRow(command, status, "2026-11-22 12:00:00", null, null, null);
    }

    static org.assertj.core.api.AbstractStringAssert<?> assertRefused(
            Kind kind, ThrowingCallable call) {
        ApiException e = catchThrowableOfType(ApiException.class, call);
        assertThat(e).as("the refusal").isNotNull();
        assertThat(e.kind()).isEqualTo(kind);
        return assertThat(e.getMessage());
    }
}
