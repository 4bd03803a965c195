/**
 * What to back up and when: the configuration file.
 *
 * <p>In: {@code agent.yaml}, environment, secret files. Out: an immutable {@link
 * io.github.clickhousebackupagent.config.AgentConfig}, or a {@link
 * io.github.clickhousebackupagent.config.ConfigException} that names file, line, key, found and
 * allowed.
 */
package io.github.clickhousebackupagent.config;
