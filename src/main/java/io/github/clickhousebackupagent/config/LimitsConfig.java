package io.github.clickhousebackupagent.config;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.KebabCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.time.Duration;

/**
 * After how long a call, a stage or a wait is given up. Nothing waits for ever.
 *
 * @param call how long one call to the API may go on without a byte of the answer
 * @param list a call that lists backups, which the server answers after it has read the storage
 * @param create a create, from when it was asked for to its final status
 * @param upload an upload, from when it was asked for to its final status
 * @param download a download, from when it was asked for to its final status
 * @param restore a restore, from when it was asked for to its final status
 * @param delete the deletion of one backup, from when it was asked for to its end
 * @param busy how long a run waits while anything else is at work on its target or its server
 * @param outage how long a server may give no usable answer in the middle of a run
 * @param silence how long a server that calls back is left alone in the middle of an operation
 * @param settle how long a server must show no sign of an operation before that is taken for lost
 * @param proof how long the remote list is asked for again that does not prove the backup
 * @param hook how long the routes that are hooked in at a point of a run may take
 * @param notice how long a message is tried again that its receiver does not take
 * @param reminder after how long a trouble that lasts is worth another message
 * @param stop within which the agent is gone when it is told to stop
 * @param whenExceeded what is done about an operation that exceeds its limit
 */
@JsonNaming(KebabCaseStrategy.class)
public record LimitsConfig(
        @JsonProperty(defaultValue = "30s")
                @JsonPropertyDescription(
                        "A call to the API: to connect, and to wait for the answer to begin or go"
                                + " on.")
                Duration call,
        @JsonProperty(defaultValue = "10m")
                @JsonPropertyDescription(
                        "A call that lists backups: the server reads the remote storage first,"
                                + " which takes long where there are many.")
                Duration list,
        @JsonProperty(defaultValue = "12h")
                @JsonPropertyDescription(
                        "A create, until the server reports its end. After half of it there is a"
                                + " warning.")
                Duration create,
        @JsonProperty(defaultValue = "48h")
                @JsonPropertyDescription(
                        "An upload, until the server reports its end. After half of it there is a"
                                + " warning.")
                Duration upload,
        @JsonProperty(defaultValue = "48h")
                @JsonPropertyDescription("A download, until the server reports its end.")
                Duration download,
        @JsonProperty(defaultValue = "48h")
                @JsonPropertyDescription("A restore, until the server reports its end.")
                Duration restore,
        @JsonProperty(defaultValue = "6h") @JsonPropertyDescription("The deletion of one backup.")
                Duration delete,
        @JsonProperty(defaultValue = "6h")
                @JsonPropertyDescription(
                        "How long a run waits while something else is at work on its target or its"
                                + " server, such as a restore.")
                Duration busy,
        @JsonProperty(defaultValue = "1h")
                @JsonPropertyDescription(
                        "How long a server may be out of reach, or answer with what is not"
                                + " understood, before the run fails. A run that was asked for by"
                                + " hand fails at once where its server is out of reach at the"
                                + " beginning.")
                Duration outage,
        @JsonProperty(defaultValue = "30m")
                @JsonPropertyDescription(
                        "How long a server that calls back is left alone in the middle of an"
                                + " operation, except after its first 90 s. Within that it is"
                                + " noticed that a call is missing, or that the server was"
                                + " restarted.")
                Duration silence,
        @JsonProperty(defaultValue = "10s")
                @JsonPropertyDescription(
                        "How long a server must show no sign of an operation before that is taken"
                                + " for lost: a server that was restarted goes on with an upload"
                                + " only some time after it answers again.")
                Duration settle,
        @JsonProperty(defaultValue = "5m")
                @JsonPropertyDescription(
                        "How long the remote list is asked for again that does not prove the"
                                + " backup, before the run fails.")
                Duration proof,
        @JsonProperty(defaultValue = "1m")
                @JsonPropertyDescription(
                        "How long the routes that are hooked in at a point of a run may take. Over"
                                + " it a check fails the run; anything else is a warning.")
                Duration hook,
        @JsonProperty(defaultValue = "1h")
                @JsonPropertyDescription(
                        "How long a message to a receiver of notices is tried again that does not"
                                + " take it.")
                Duration notice,
        @JsonProperty(defaultValue = "24h")
                @JsonPropertyDescription(
                        "After how long a trouble that lasts is worth another message.")
                Duration reminder,
        @JsonProperty(defaultValue = "20s")
                @JsonPropertyDescription("Within which the agent is gone when it is told to stop.")
                Duration stop,
        @JsonProperty(defaultValue = "fail")
                @JsonPropertyDescription(
                        "What is done about an operation that exceeds its limit. fail: the"
                                + " run fails, the server is left to go on. kill: the server is told"
                                + " to kill it, and the run fails. kill-and-retry: it is killed and"
                                + " tried again.")
                WhenExceeded whenExceeded) {

    /** Fills in the defaults. */
    public LimitsConfig {
        call = call == null ? Duration.ofSeconds(30) : call;
        list = list == null ? Duration.ofMinutes(10) : list;
        create = create == null ? Duration.ofHours(12) : create;
        upload = upload == null ? Duration.ofHours(48) : upload;
        download = download == null ? Duration.ofHours(48) : download;
        restore = restore == null ? Duration.ofHours(48) : restore;
        delete = delete == null ? Duration.ofHours(6) : delete;
        busy = busy == null ? Duration.ofHours(6) : busy;
        outage = outage == null ? Duration.ofHours(1) : outage;
        silence = silence == null ? Duration.ofMinutes(30) : silence;
        settle = settle == null ? Duration.ofSeconds(10) : settle;
        proof = proof == null ? Duration.ofMinutes(5) : proof;
        hook = hook == null ? Duration.ofMinutes(1) : hook;
        notice = notice == null ? Duration.ofHours(1) : notice;
        reminder = reminder == null ? Duration.ofHours(24) : reminder;
        stop = stop == null ? Duration.ofSeconds(20) : stop;
        whenExceeded = whenExceeded == null ? WhenExceeded.FAIL : whenExceeded;
    }

    /** Returns the defaults. */
    public static LimitsConfig defaults() {
        return new LimitsConfig(
                null, null, null, null, null, null, null, null, null, null, null, null, null, null,
                null, null, null);
    }

    /** Returns the same, but with what a target has of its own; null: nothing. */
    LimitsConfig with(TargetLimitsConfig own) {
        return own == null
                ? this
                : new LimitsConfig(
                        call,
                        list,
                        own.create() == null ? create : own.create(),
                        own.upload() == null ? upload : own.upload(),
                        own.download() == null ? download : own.download(),
                        own.restore() == null ? restore : own.restore(),
                        delete,
                        busy,
                        outage,
                        silence,
                        settle,
                        proof,
                        hook,
                        notice,
                        reminder,
                        stop,
                        own.whenExceeded() == null ? whenExceeded : own.whenExceeded());
    }
}
