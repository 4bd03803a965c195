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
        @JsonPropertyDescription("Limits of this target, in place of those for all.")
                TargetLimitsConfig limits) {}
