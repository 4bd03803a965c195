/**
 * What happens in runs, as routes and embedding applications see it, and the exceptions by which a
 * route ends a run in another way than by failing it.
 */
package io.github.clickhousebackupagent.event;
