using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Functions.WebDav.Answers;

namespace Cloudreve.Functions.WebDav.Methods;

/// <summary>The status of requests whose destination lacks a parent folder: 409 (RFC 4918, sections 9.3.1, 9.7.1 and 9.8.5).</summary>
internal static class MissingFolder
{
    /// <summary>The answer.</summary>
    public static DavException Conflict() => new(StatusCodes.Status409Conflict, "The folder does not exist.");

    /// <summary>Runs a change that fails when a folder is missing.</summary>
    /// <typeparam name="T">What it makes.</typeparam>
    public static async Task<T> IsConflictAsync<T>(Func<Task<T>> change)
    {
        try
        {
            return await change();
        }
        catch (CloudreveException e) when (e.Code == ErrorCode.PathNotFound)
        {
            throw Conflict();
        }
    }
}
