using Cloudreve.AzureStorage;
using Cloudreve.Core.Drive.Locks;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Functions.WebDav.Requests;

namespace Cloudreve.Functions.WebDav.Answers;

/// <summary>A response of the protocol; a failure before it has begun becomes a status.</summary>
/// <param name="handle">Handles the request.</param>
internal sealed class DavAnswer(Func<HttpContext, Task> handle) : IResult
{
    /// <inheritdoc/>
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        try
        {
            await handle(httpContext);
        }
        catch (DavException e) when (!httpContext.Response.HasStarted)
        {
            await RefuseAsync(httpContext, new DavRefusal(e.Status, e.Message) { Condition = e.Condition, Hrefs = e.Hrefs });
        }
        catch (LockConflictException e) when (!httpContext.Response.HasStarted)
        {
            await RefuseAsync(httpContext, new DavRefusal(StatusCodes.Status423Locked, e.Message)
            {
                Condition = "lock-token-submitted",
                // The locations of other locks are only shown to clients that may see the place.
                Hrefs = [DavPath.Of(httpContext).Href(isFolder: false)],
            });
        }
        catch (CloudreveException e) when (!httpContext.Response.HasStarted)
        {
            await RefuseAsync(httpContext, new DavRefusal(DavStatus.Of(e.Code), e.Message));
        }
        catch (StorageNotFoundException) when (!httpContext.Response.HasStarted)
        {
            await RefuseAsync(httpContext, new DavRefusal(StatusCodes.Status404NotFound, "The content no longer exists."));
        }
        catch (StorageUnavailableException) when (!httpContext.Response.HasStarted)
        {
            await RefuseAsync(httpContext, new DavRefusal(StatusCodes.Status503ServiceUnavailable, "The storage is not available."));
        }
    }

    private static Task RefuseAsync(HttpContext http, DavRefusal refusal)
    {
        http.Response.Clear();
        return refusal.ExecuteAsync(http);
    }
}
