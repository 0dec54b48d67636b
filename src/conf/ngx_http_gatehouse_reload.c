
/*
 * What a reload means for who is logged in.
 */


#include "conf/ngx_http_gatehouse_conf.h"


/* The module is not in the old cycle's contexts if it was not loaded then. */

void
ngx_http_gatehouse_reloaded(ngx_cycle_t *cycle,
    ngx_http_gatehouse_main_conf_t *gmcf)
{
    size_t                           i;
    gh_error                         text;
    ngx_uint_t                       n;
    ngx_cycle_t                     *old;
    ngx_http_gatehouse_main_conf_t  *before;

    old = cycle->old_cycle;

    if (old == NULL || ngx_is_init_cycle(old)) {
        return;
    }

    for (n = 0; n < old->modules_n; n++) {
        if (old->modules[n] == &ngx_http_gatehouse_module) {
            break;
        }
    }

    if (n == old->modules_n) {
        return;
    }

    before = ngx_http_cycle_get_module_main_conf(old,
                                                 ngx_http_gatehouse_module);

    if (before == NULL || before->config == NULL || gmcf->config == NULL) {
        return;
    }

    for (i = 0;
         gh_config_consequence(before->config, gmcf->config, i, &text) == 0;
         i++)
    {
        ngx_log_error(NGX_LOG_WARN, cycle->log, 0, "gatehouse: %s", text.text);
    }
}
