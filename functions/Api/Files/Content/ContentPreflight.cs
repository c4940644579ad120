namespace Cloudreve.Functions.Api.Files.Content;

/// <summary>Responds to a browser's preflight whether a page of another origin may read content.</summary>
internal sealed class ContentPreflight : IResult
{
    /// <inheritdoc/>
    public Task ExecuteAsync(HttpContext httpContext)
    {
        ContentHeaders.SetShared(httpContext.Response);
        httpContext.Response.Headers.AccessControlMaxAge = "86400";
        httpContext.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }
}
