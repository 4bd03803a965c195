/**
 * The image as users run it: not as root, with volumes, stopped by a signal.
 *
 * <p>Run with the profile {@code image}, against an image that buildah has; its containers share
 * the network of this machine, so that the simulated servers are reached on loopback.
 */
package io.github.clickhousebackupagent.image;
