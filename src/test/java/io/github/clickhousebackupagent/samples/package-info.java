/**
 * What is delivered beside the agent: the compose files, and what they mount from {@code
 * clickhouse/}.
 *
 * <p>In comes the text of the files, out goes what does not fit: that nothing is missing, and that
 * names, ports, users and passwords are the same wherever they stand. No container is started.
 */
package io.github.clickhousebackupagent.samples;
