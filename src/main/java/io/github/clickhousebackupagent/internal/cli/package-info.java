/**
 * The commands.
 *
 * <p>In: arguments, environment. Out: data on stdout, messages on stderr, an {@link
 * io.github.clickhousebackupagent.internal.cli.ExitCode}.
 */
package io.github.clickhousebackupagent.internal.cli;
