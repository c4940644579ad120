using System.Text.Json;
using Cloudreve.Functions.Api.Edge;

namespace Cloudreve.Functions.Api.Description;

/// <summary>Shows the API's description to programs (OpenAPI) and to people (Scalar).</summary>
internal sealed class DescriptionFunctions(HttpFunctions functions)
{
    private readonly Lazy<byte[]> _document = new(() => JsonSerializer.SerializeToUtf8Bytes(ApiDescription.Write(functions), ApiJson.Options));

    /// <summary>Returns the description in OpenAPI 3.1.</summary>
    [Function("ApiDescription")]
    [Requires(AuthClass.None, WithoutSite = true)]
    [Answers("application/json")]
    public IResult GetDocument([HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "docs/openapi.json")] HttpRequest request)
    {
        request.HttpContext.Response.Headers.CacheControl = "no-cache";
        // Programs of other sites may read it: it is the same for everybody.
        request.HttpContext.Response.Headers.AccessControlAllowOrigin = "*";
        return Results.Bytes(_document.Value, "application/json");
    }

    /// <summary>Returns a page that shows the description and can try its operations.</summary>
    [Function("ApiReference")]
    [Requires(AuthClass.None, WithoutSite = true)]
    [Answers("text/html")]
    public static IResult GetPage([HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "docs")] HttpRequest request)
    {
        ReferencePage.SetHeaders(request.HttpContext.Response.Headers);
        return Results.Text(ReferencePage.Html, "text/html; charset=utf-8");
    }

    /// <summary>Returns the script of that page.</summary>
    [Function("ApiReferenceScript")]
    [Requires(AuthClass.None, WithoutSite = true)]
    [Answers("text/javascript")]
    public static IResult GetScript([HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "docs/scalar.js")] HttpRequest request) =>
        ReferenceScript.Answer(request);
}
