/**
 * Kills the real agent and simulated servers with {@code kill -9}, at random and at awkward
 * moments, and proves after each kill that the rules of the design hold.
 *
 * <p>In comes a seed and a number of kills, out goes whether nothing was lost, and counts of what
 * happened. Tagged {@code chaos}; run by {@code mvn verify -Pchaos}.
 */
package io.github.clickhousebackupagent.chaos;
