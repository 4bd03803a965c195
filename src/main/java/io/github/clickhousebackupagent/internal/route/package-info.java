/**
 * The bridge between the routes and what decides.
 *
 * <p>In: a configuration and a Camel context. Out: the beans that the routes call, the properties
 * that they name, and a route for each schedule and each target; and for pictures the routes as
 * trees of steps. All of Camel that is in Java is here.
 */
package io.github.clickhousebackupagent.internal.route;
