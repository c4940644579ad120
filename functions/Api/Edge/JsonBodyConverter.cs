using Cloudreve.Core.Infrastructure.Errors;
using Microsoft.Azure.Functions.Worker.Converters;

namespace Cloudreve.Functions.Api.Edge;

/// <summary>Reads JSON bodies by the rules of <see cref="ApiJson"/>.</summary>
internal sealed class JsonBodyConverter : IInputConverter
{
    /// <inheritdoc/>
    /// <exception cref="CloudreveException">40001: the body is not JSON, or not the JSON of the type.</exception>
    public async ValueTask<ConversionResult> ConvertAsync(ConverterContext context)
    {
        if (context.FunctionContext.GetHttpContext()?.Request is not { } request)
            return ConversionResult.Unhandled();
        if (!request.HasJsonContentType())
            throw new CloudreveException(ErrorCode.BadParameter, "The request body must be JSON.");
        // A JsonException passes on to the error boundary, which knows its code.
        var body = await request.ReadFromJsonAsync(context.TargetType, ApiJson.BodyOptions, request.HttpContext.RequestAborted)
            ?? throw new CloudreveException(ErrorCode.BadParameter, "The request is malformed.");
        return ConversionResult.Success(body);
    }
}
