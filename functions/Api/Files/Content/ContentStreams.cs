using Cloudreve.Core.Accounts.SignIns;
using Cloudreve.Core.Infrastructure.Caching;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Site.Settings;

namespace Cloudreve.Functions.Api.Files.Content;

/// <summary>
/// Bounds the resources that readers of content take of a process: the number of responses that one user or address gets at once, and how slowly
/// they may be read. Each holds a connection to storage, and memory.
/// </summary>
/// <param name="clock">Measures readers.</param>
internal sealed class ContentStreams(TimeProvider clock)
{
    /// <summary>Content up to this size, such as thumbnails, of which browsers fetch a page at once, is not counted.</summary>
    public const long Small = 256 * 1024;

    private readonly HeldPlaces<long> _users = new();
    private readonly HeldPlaces<ClientAddress> _addresses = new();

    /// <summary>Reserves a place for a response.</summary>
    /// <param name="userId">The user who reads; null when unknown.</param>
    /// <param name="address">The client address of the reader; null when unknown, as for the server of a viewer, which reads for many.</param>
    /// <returns>The place, until it is disposed of.</returns>
    /// <exception cref="CloudreveException">429: the reader has too many already.</exception>
    public IDisposable Take(SiteSettings site, long? userId, ClientAddress? address)
    {
        var ofUser = userId is { } id ? TakeOne(_users, id, site.Get(DownloadSetting.MostPerUser)) : null;
        try
        {
            // Unknown addresses are not one client.
            var ofAddress = address is { } known && known != ClientAddress.Unknown
                ? TakeOne(_addresses, known, site.Get(DownloadSetting.MostPerAddress))
                : null;
            return new Places(ofUser, ofAddress);
        }
        catch (CloudreveException)
        {
            ofUser?.Dispose();
            throw;
        }
    }

    /// <summary>A response body that ends the response when it is read too slowly.</summary>
    public Stream Watch(HttpContext http, SiteSettings site) =>
        site.Get(DownloadSetting.LeastRate) is > 0 and var rate ? new WatchedBody(http, rate, clock) : http.Response.Body;

    private static IDisposable? TakeOne<TKey>(HeldPlaces<TKey> places, TKey key, long most)
        where TKey : notnull =>
        most == 0
            ? null
            : places.TryTake(key, most) ?? throw new CloudreveException(ErrorCode.TooManyRequests, "Too many downloads at once. Wait for one to finish.");

    private sealed record Places(IDisposable? OfUser, IDisposable? OfAddress) : IDisposable
    {
        public void Dispose()
        {
            OfUser?.Dispose();
            OfAddress?.Dispose();
        }
    }
}
