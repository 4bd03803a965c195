/**
 * Measures the packaged agent, and holds the figures against their goals.
 *
 * <p>In: a distribution or a runtime with the agent, {@code bench/goals.json}. Out: a JSON file for
 * each benchmark in a folder, which {@code docs/performance.md} is made of, and what is over its
 * goal.
 */
package io.github.clickhousebackupagent.bench;
