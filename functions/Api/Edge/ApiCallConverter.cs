using Cloudreve.Core.Identity;
using Cloudreve.Core.Settings;
using Cloudreve.Core.Site;
using Microsoft.Azure.Functions.Worker.Converters;

namespace Cloudreve.Functions.Api.Edge;

/// <summary>Binds <see cref="ApiCall"/> to what the edge found out about the request.</summary>
internal sealed class ApiCallConverter(SiteCatalog catalog, SettingStore settings) : IInputConverter
{
    /// <inheritdoc/>
    public async ValueTask<ConversionResult> ConvertAsync(ConverterContext context)
    {
        if (context.TargetType != typeof(ApiCall) || context.FunctionContext.GetHttpContext() is not { } http)
            return ConversionResult.Unhandled();
        return ConversionResult.Success(http.Features.Get<ApiCall>() ?? await AnonymousAsync(http.RequestAborted));
    }

    private async Task<ApiCall> AnonymousAsync(CancellationToken cancellationToken)
    {
        var group = await catalog.GetGroupAsync(Group.AnonymousId, cancellationToken);
        return new ApiCall(new Caller(null, group), await settings.GetAsync(cancellationToken));
    }
}
