package io.github.clickhousebackupagent.sandbox;

import java.time.Instant;

/**
 * A call that the simulated server got. Credentials are never in it.
 *
 * @param time when it arrived
 * @param method the HTTP method
 * @param path the path as it was sent, without the query
 * @param query the query as it was sent, with the values of {@code user} and {@code pass} masked;
 *     empty if there was none
 * @param status the HTTP status of the answer; 0 if the connection was closed without one
 */
public record RecordedCall(Instant time, String method, String path, String query, int status) {}
