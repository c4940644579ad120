using Cloudreve.Core.Accounts;
using Cloudreve.Core.Accounts.SignIns;
using Cloudreve.Core.Site;
using Cloudreve.Core.Site.Settings;
using Microsoft.Azure.Functions.Worker.Converters;

namespace Cloudreve.Functions.Api.Edge;

/// <summary>Binds <see cref="ApiCall"/> to the results of the edge's checks.</summary>
internal sealed class ApiCallConverter(SiteCatalog catalog, SettingStore settings) : IInputConverter
{
    /// <inheritdoc/>
    public async ValueTask<ConversionResult> ConvertAsync(ConverterContext context)
    {
        if (context.TargetType != typeof(ApiCall) || context.FunctionContext.GetHttpContext() is not { } http)
            return ConversionResult.Unhandled();
        return ConversionResult.Success(http.Features.Get<ApiCall>() ?? await AnonymousAsync(http));
    }

    private async Task<ApiCall> AnonymousAsync(HttpContext http)
    {
        var group = await catalog.GetGroupAsync(Group.AnonymousId, http.RequestAborted);
        var caller = new Caller(null, group) { Client = ClientAddress.Of(ClientAddresses.Of(http)) };
        return new ApiCall(caller, await settings.GetAsync(http.RequestAborted));
    }
}
