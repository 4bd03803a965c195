package io.github.clickhousebackupagent.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.clickhousebackupagent.api.ApiException.Kind;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/** What an answer of the API means. Stateless. */
public final class ApiAnswers {

    // Strict, as a proxy's "401 Unauthorized" would otherwise pass for the number 401.
    private static final ObjectMapper MAPPER =
            new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
    private static final int SHOWN = 200;

    /**
     * Checks the status of an answer.
     *
     * @param status HTTP status
     * @param body body, may be null
     * @param call method and path of the call, for the message
     * @return the body; empty text for none
     * @throws ApiException for any status that is no success
     */
    public String accept(int status, String body, String call) {
        String text = body == null ? "" : body;
        switch (status) {
            case 200, 201 -> {
                return text;
            }
            case 401 ->
                    throw new ApiException(
                            Kind.UNAUTHORIZED,
                            call
                                    + ": 401, the API does not accept this username and password, or none was given");
            case 423 -> throw new ApiException(Kind.LOCKED, call + ": 423, " + error(text));
            case 404, 405 ->
                    throw new ApiException(
                            Kind.UNKNOWN_CALL, call + ": " + status + ", " + error(text));
            case 301, 302, 303, 307, 308 ->
                    throw new ApiException(
                            Kind.TROUBLED,
                            call
                                    + ": "
                                    + status
                                    + ", a redirect, which is not followed: is the url"
                                    + " right?");
            default ->
                    throw new ApiException(
                            status >= 400 && status < 500 ? Kind.REFUSED : Kind.TROUBLED,
                            call + ": " + status + ", " + error(text));
        }
    }

    /**
     * Checks an answer of ClickHouse, whose errors are plain text.
     *
     * @param status HTTP status
     * @param body body, may be null
     * @return the rows as one JSON array
     * @throws ApiException if it is no success, or no rows
     */
    public String acceptRows(int status, String body) {
        if (status != 200) {
            throw new ApiException(
                    Kind.REFUSED, "ClickHouse: %d, %s".formatted(status, error(body)));
        }
        return jsonArray(body, "database,name");
    }

    /**
     * Returns JSON lines, which is how the API answers with lists, as one JSON array. An empty body
     * is an empty list.
     *
     * @param names of texts that each object must have, with commas between: a proxy's object must
     *     not pass for an operation or a backup of which nothing is known; empty: none
     * @throws ApiException if a line is no such object, as of a proxy's page or half an answer
     */
    public String jsonArray(String body, String names) {
        List<String> lines =
                body == null ? List.of() : body.lines().filter(l -> !l.isBlank()).toList();
        lines.forEach(line -> require("one JSON object a line", line, names));
        return "[" + String.join(",", lines) + "]";
    }

    /**
     * Returns one JSON object, which is how the API answers to the start of an operation.
     *
     * @param names of texts that it must have, with commas between
     * @throws ApiException if the body is anything else
     */
    public String jsonObject(String body, String names) {
        require("one JSON object", body, names);
        return body;
    }

    private static void require(String what, String text, String names) {
        JsonNode object = object(text);
        boolean complete =
                object != null
                        && Stream.of(names.split(","))
                                .allMatch(name -> name.isEmpty() || object.path(name).isTextual());
        if (!complete) {
            throw notUnderstood(
                    "expected " + what + (names.isEmpty() ? "" : " with " + names), text);
        }
    }

    /**
     * Makes sure that an acknowledgement is of what was asked for.
     *
     * @param verb what was asked for, such as {@code upload}; a {@code delete} is acknowledged when
     *     it is done
     * @param backup the name that was asked for
     * @throws ApiException with {@link Kind#CONTRARY} if it acknowledges anything else, also the
     *     same under another name
     */
    public void acknowledges(String verb, String backup, Acknowledgement answer) {
        String status = verb.equals("delete") ? "success" : "acknowledged";
        if (!status.equals(answer.status()) || !verb.equals(answer.operation())) {
            throw contrary(
                    "expected the acknowledgement of " + verb + " " + backup, answer.toString());
        }
        if (!Objects.equals(backup, answer.backupName())) {
            throw contrary(
                    "the server changed the name " + backup + " to " + answer.backupName(),
                    answer.toString());
        }
    }

    /** Returns a row as the server wrote it. */
    public String json(ActionRow row) {
        return MAPPER.valueToTree(row).toString();
    }

    /**
     * Returns the command of what a server works on beside which no other may be begun.
     *
     * @param rows operations of the server
     * @param listsToo whether a list is such a thing, too
     */
    public Optional<String> busyWith(List<ActionRow> rows, boolean listsToo) {
        return rows.stream()
                .filter(ActionRow::inProgress)
                .filter(row -> listsToo || !row.verb().equals("list"))
                .map(ActionRow::command)
                .findFirst();
    }

    private static ApiException contrary(String expected, String found) {
        return new ApiException(Kind.CONTRARY, expected + ", found: " + shortened(found));
    }

    private static ApiException notUnderstood(String expected, String found) {
        return new ApiException(Kind.NOT_UNDERSTOOD, expected + ", found: " + shortened(found));
    }

    private static JsonNode object(String line) {
        try {
            JsonNode node = MAPPER.readTree(line == null ? "" : line);
            return node.isObject() ? node : null;
        } catch (JsonProcessingException e) {
            return null;
        }
    }

    private static String error(String body) {
        try {
            JsonNode node = MAPPER.readTree(body);
            if (node != null && node.hasNonNull("error")) {
                return node.get("error").asText();
            }
        } catch (JsonProcessingException e) {
            // Not the API's own answer, then: a proxy's page, or plain text. It is shown as it is.
            return shortened(body);
        }
        return shortened(body);
    }

    private static String shortened(String text) {
        String line = text == null ? "" : text.strip().replaceAll("\\s+", " ");
        if (line.isEmpty()) {
            return "an empty body";
        }
        return line.length() <= SHOWN ? line : line.substring(0, SHOWN) + "...";
    }
}
