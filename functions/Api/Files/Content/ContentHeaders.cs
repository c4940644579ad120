namespace Cloudreve.Functions.Api.Files.Content;

/// <summary>Headers of content that pages of any origin may read, and that no browser may run as a page of this site.</summary>
internal static class ContentHeaders
{
    /// <summary>Sets the headers that content, its preflight and its failures share.</summary>
    public static void SetShared(HttpResponse response)
    {
        var headers = response.Headers;
        headers.AccessControlAllowOrigin = "*";
        headers.AccessControlAllowMethods = "GET, HEAD, OPTIONS";
        headers.AccessControlAllowHeaders = "Range, If-Range, Authorization, Content-Type";
        headers.AccessControlExposeHeaders = "Content-Range, Accept-Ranges, Content-Length, Content-Disposition, ETag";
        headers.ContentSecurityPolicy = "sandbox";
        headers.XContentTypeOptions = "nosniff";
    }
}
