/**
 * The HTTP API of the agent: what it offers stands in {@code openapi.yaml}, which calls are held
 * against before anything is done, and answers in tests.
 *
 * <p>In: calls as they come. Out: what is asked for, or why it is refused; answers as JSON.
 */
package io.github.clickhousebackupagent.internal.http;
