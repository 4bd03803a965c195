package io.github.clickhousebackupagent.config;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.KebabCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.net.URI;
import java.nio.file.Path;

/**
 * One clickhouse-backup API.
 *
 * @param url where the API answers
 * @param username the API's user; null: it asks for none
 * @param password the API's password; read from {@code passwordFile} where that is given
 * @param passwordFile where the password was read from; null: it was given itself
 * @param clickhouseUrl where the server's HTTP interface answers; null: it is not asked
 * @param clickhouseUsername user of the server; null: its default user
 * @param clickhousePassword password of the server; read from {@code clickhousePasswordFile} where
 *     that is given
 * @param clickhousePasswordFile where that password was read from; null: it was given itself
 * @param limits its own limits; null: those for all
 */
@JsonNaming(KebabCaseStrategy.class)
public record TargetConfig(
        @JsonProperty(required = true)
                @JsonPropertyDescription(
                        "Address of the clickhouse-backup API: http:// or https://, host, port;"
                                + " without user and password.")
                URI url,
        @JsonPropertyDescription("User of the API (API_USERNAME there). None: no login is sent.")
                String username,
        @JsonPropertyDescription("Password of the API. Better: password-file. Both are an error.")
                Secret password,
        @JsonPropertyDescription(
                        "File that holds the password of the API and nothing else; one newline at"
                                + " its end is dropped.")
                Path passwordFile,
        @JsonPropertyDescription(
                        "Address of ClickHouse's HTTP interface, such as http://clickhouse:8123:"
                                + " a restore looks there what it would destroy. Nothing is changed"
                                + " there. None: a restore can only say what it does not know.")
                URI clickhouseUrl,
        @JsonPropertyDescription(
                        "User of ClickHouse; it must see every table in system.tables and"
                                + " system.parts: what it does not see counts as"
                                + " unknown. None: the"
                                + " default user.")
                String clickhouseUsername,
        @JsonPropertyDescription(
                        "Password of ClickHouse. Better: clickhouse-password-file. Both are an"
                                + " error.")
                Secret clickhousePassword,
        @JsonPropertyDescription(
                        "File that holds the password of ClickHouse and nothing else; one newline"
                                + " at its end is dropped.")
                Path clickhousePasswordFile,
        @JsonPropertyDescription("Limits of this target, in place of those for all.")
                TargetLimitsConfig limits) {

    /** Returns a target that asks for no login, and of which no more is known. */
    public static TargetConfig at(URI url) {
        return new TargetConfig(url, null, null, null, null, null, null, null, null);
    }
}
