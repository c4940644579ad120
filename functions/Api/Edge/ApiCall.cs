using Cloudreve.Core.Identity;
using Cloudreve.Core.Settings;
using Cloudreve.Core.Site;

namespace Cloudreve.Functions.Api.Edge;

/// <summary>
/// Who calls which site. Handlers take it as a parameter. At an endpoint of <see cref="AuthClass.None"/> the caller is always
/// anonymous.
/// </summary>
/// <param name="Caller">Who calls.</param>
/// <param name="Site">The site's settings.</param>
internal sealed record ApiCall(Caller Caller, SiteSettings Site)
{
    /// <summary>Binds the parameter of a handler.</summary>
    /// <param name="context">The request.</param>
    public static async ValueTask<ApiCall?> BindAsync(HttpContext context)
    {
        if (context.Features.Get<ApiCall>() is { } known)
            return known;
        var group = await context.RequestServices.GetRequiredService<SiteCatalog>().GetGroupAsync(Group.AnonymousId, context.RequestAborted);
        var site = await context.RequestServices.GetRequiredService<SettingStore>().GetAsync(context.RequestAborted);
        return new ApiCall(new Caller(null, group), site);
    }
}
