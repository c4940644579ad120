using System.Collections.ObjectModel;
using System.Globalization;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Sas;

namespace Cloudreve.AzureStorage.Blobs;

/// <summary>
/// A container of blobs. Every method is one billed request unless its documentation says otherwise.
/// Errors are those of <see cref="StorageException"/>'s subtypes.
/// </summary>
public sealed partial class BlobContainer
{
    private const string Secondary = "-secondary";

    private readonly BlobContainerClient _client;
    private readonly BlobContainerClient _contents;
    private readonly UserDelegationKeyCache? _delegationKeys;
    private readonly TimeProvider _clock;

    /// <param name="client">For all but content.</param>
    /// <param name="contents">For content, which has limits of its own.</param>
    /// <param name="delegationKeys">Signs with the app's identity; null for an account key.</param>
    /// <param name="clock">The clock for signatures.</param>
    internal BlobContainer(BlobContainerClient client, BlobContainerClient contents, UserDelegationKeyCache? delegationKeys, TimeProvider clock)
    {
        _client = client;
        _contents = contents;
        _delegationKeys = delegationKeys;
        _clock = clock;
    }

    /// <summary>The container's name.</summary>
    public string Name => _client.Name;

    /// <summary>Tells the container from others, as <see cref="IdentityOf"/> does.</summary>
    public string Identity => IdentityOf(_client.Uri.AbsoluteUri[..^(Name.Length + 1)], Name);

    /// <summary>
    /// Tells a container from others, whichever of its account's endpoints is named; an address without the account's name is taken as it is.
    /// </summary>
    /// <param name="endpoint">The address of the account.</param>
    /// <param name="name">The container.</param>
    public static string IdentityOf(string endpoint, string name)
    {
        if (!Uri.TryCreate(endpoint, UriKind.Absolute, out var uri))
            return $"{endpoint}/{name}";
        var service = uri.Host.IndexOf(".blob.", StringComparison.OrdinalIgnoreCase);
        if (service < 0)
            return $"{uri.Authority}{uri.AbsolutePath.TrimEnd('/')}/{name}";
        // Behind an account's name there may be a DNS zone, or the label of private links.
        var account = uri.Host[..service].Split('.')[0];
        return $"{(account.EndsWith(Secondary, StringComparison.Ordinal) ? account[..^Secondary.Length] : account)}/{name}";
    }

    /// <summary>Creates the container, without anonymous access, unless it exists.</summary>
    public Task CreateIfNotExistsAsync(CancellationToken cancellationToken = default) =>
        CallAsync(async () => await _client.CreateIfNotExistsAsync(PublicAccessType.None, cancellationToken: cancellationToken));

    /// <summary>Checks whether the container exists.</summary>
    public Task<bool> ExistsAsync(CancellationToken cancellationToken = default) =>
        CallAsync(async () => (await _client.ExistsAsync(cancellationToken)).Value);

    /// <summary>Lists blobs and virtual folders directly below a prefix.</summary>
    /// <param name="prefix">Prefix of the names; empty for the container's root.</param>
    /// <param name="delimiter">Splits names into folders; null lists all blobs below the prefix, however deep.</param>
    /// <param name="take">At most how many entries, 1 to 5,000.</param>
    /// <param name="continuationToken">The token of the page before; null for the first.</param>
    public Task<BlobPage> ListPageAsync(
        string prefix, string? delimiter, int take = 5000, string? continuationToken = null, CancellationToken cancellationToken = default) =>
        CallAsync(async () =>
        {
            var options = new GetBlobsByHierarchyOptions { Prefix = prefix.Length == 0 ? null : prefix, Delimiter = delimiter, Traits = BlobTraits.Metadata };
            var pages = _client.GetBlobsByHierarchyAsync(options, cancellationToken).AsPages(continuationToken, take);
            await foreach (var page in pages)
            {
                var blobs = new List<BlobItem>(page.Values.Count);
                var prefixes = new List<string>();
                foreach (var item in page.Values)
                {
                    if (item.IsPrefix)
                        prefixes.Add(item.Prefix);
                    else
                        blobs.Add(Describe(item.Blob));
                }
                return new BlobPage(blobs, prefixes, string.IsNullOrEmpty(page.ContinuationToken) ? null : page.ContinuationToken);
            }
            return new BlobPage([], [], null);
        });

    /// <summary>Reads a blob's properties; null when it does not exist.</summary>
    /// <param name="name">The blob.</param>
    public async Task<BlobItem?> FindAsync(string name, CancellationToken cancellationToken = default)
    {
        try
        {
            return await CallAsync(async () =>
            {
                var p = (await _client.GetBlobClient(name).GetPropertiesAsync(cancellationToken: cancellationToken)).Value;
                return new BlobItem(name, p.ContentLength, p.LastModified, p.ETag.ToString())
                {
                    AccessTier = p.AccessTier,
                    ContentType = p.ContentType,
                    ContentHash = p.ContentHash is { Length: > 0 } hash ? Convert.ToBase64String(hash) : null,
                    IsDirectoryMarker = IsMarker(p.Metadata),
                    CopyState = p.CopyId is null ? BlobCopyState.Done : StateOf(p.BlobCopyStatus),
                };
            });
        }
        catch (StorageNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Opens a blob, or a range of it, for reading as a stream.</summary>
    /// <param name="name">The blob.</param>
    /// <param name="offset">First byte.</param>
    /// <param name="length">Number of bytes; null for all to the end.</param>
    /// <param name="ifMatch">The version that must still be there; null for any.</param>
    public Task<BlobContent> OpenReadAsync(
        string name, long offset = 0, long? length = null, string? ifMatch = null, CancellationToken cancellationToken = default) =>
        CallAsync(async () =>
        {
            var options = new BlobDownloadOptions
            {
                Conditions = ifMatch is null ? null : new BlobRequestConditions { IfMatch = new ETag(ifMatch) },
            };
            if (offset > 0 || length is not null)
                options.Range = new HttpRange(offset, length);
            var answer = (await _contents.GetBlobClient(name).DownloadStreamingAsync(options, cancellationToken)).Value;
            var total = answer.Details.ContentRange is { Length: > 0 } range
                ? long.Parse(range.AsSpan(range.LastIndexOf('/') + 1), CultureInfo.InvariantCulture)
                : answer.Details.ContentLength;
            return new BlobContent(answer.Content, answer.Details.ContentLength, total, answer.Details.ETag.ToString(), answer.Details.LastModified)
            {
                Metadata = answer.Details.Metadata?.AsReadOnly() ?? ReadOnlyDictionary<string, string>.Empty,
            };
        });

    /// <summary>Reads a small blob whole; null when it does not exist.</summary>
    /// <param name="name">The blob.</param>
    public async Task<byte[]?> ReadAsync(string name, CancellationToken cancellationToken = default)
    {
        try
        {
            return await CallAsync(async () =>
                (await _contents.GetBlobClient(name).DownloadContentAsync(cancellationToken)).Value.Content.ToArray());
        }
        catch (StorageNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Writes a blob whole, in one request up to 256 MiB.</summary>
    /// <param name="name">The blob.</param>
    /// <param name="content">The bytes.</param>
    /// <param name="overwrite">True if an existing blob may be replaced; otherwise <see cref="StorageExistsException"/>.</param>
    /// <param name="metadata">Metadata to store; null for none.</param>
    /// <returns>The blob's ETag.</returns>
    public Task<string> WriteAsync(
        string name, BinaryData content, bool overwrite = true, IDictionary<string, string>? metadata = null, CancellationToken cancellationToken = default) =>
        CallAsync(async () =>
        {
            var options = new BlobUploadOptions
            {
                Metadata = metadata,
                Conditions = overwrite ? null : new BlobRequestConditions { IfNoneMatch = ETag.All },
            };
            return (await _contents.GetBlobClient(name).UploadAsync(content, options, cancellationToken)).Value.ETag.ToString();
        });

    /// <summary>Writes a blob whole if it still has the version that was read, or if there is none, in one request up to 256 MiB.</summary>
    /// <param name="name">The blob.</param>
    /// <param name="content">The bytes.</param>
    /// <param name="ifMatch">The version that is replaced; null if there must be no blob.</param>
    /// <returns>The blob's ETag.</returns>
    /// <exception cref="StorageException">A subtype: another caller was first.</exception>
    public Task<string> ReplaceAsync(string name, BinaryData content, string? ifMatch, CancellationToken cancellationToken = default) =>
        CallAsync(async () =>
        {
            var options = new BlobUploadOptions
            {
                Conditions = ifMatch is null ? new BlobRequestConditions { IfNoneMatch = ETag.All } : new BlobRequestConditions { IfMatch = new ETag(ifMatch) },
            };
            return (await _contents.GetBlobClient(name).UploadAsync(content, options, cancellationToken)).Value.ETag.ToString();
        });

    /// <summary>Deletes a blob.</summary>
    /// <param name="name">The blob.</param>
    /// <returns>False when there was no such blob.</returns>
    public Task<bool> DeleteAsync(string name, CancellationToken cancellationToken = default) =>
        CallAsync(async () => (await _client.DeleteBlobIfExistsAsync(name, DeleteSnapshotsOption.IncludeSnapshots, cancellationToken: cancellationToken)).Value);

    /// <summary>Deletes a blob unless it has been written since it was read.</summary>
    /// <param name="name">The blob.</param>
    /// <param name="ifMatch">The version that was read.</param>
    /// <returns>False when it is another version by now; true when it was gone before.</returns>
    public async Task<bool> TryDeleteAsync(string name, string ifMatch, CancellationToken cancellationToken = default)
    {
        try
        {
            var condition = new BlobRequestConditions { IfMatch = new ETag(ifMatch) };
            await CallAsync(async () => await _client.DeleteBlobIfExistsAsync(name, DeleteSnapshotsOption.IncludeSnapshots, condition, cancellationToken));
            return true;
        }
        catch (StorageChangedException)
        {
            return false;
        }
    }

    /// <summary>
    /// An address at which anybody may read the blob until it expires. No request, except the first of a managed identity's
    /// six days, which fetches a user delegation key.
    /// </summary>
    /// <param name="name">The blob.</param>
    /// <param name="expires">The time the address expires.</param>
    /// <param name="contentDisposition">The Content-Disposition that the service returns; null for none.</param>
    /// <param name="contentType">The Content-Type that the service returns; null for the blob's own.</param>
    public async Task<Uri> SignReadAsync(
        string name, DateTimeOffset expires, string? contentDisposition = null, string? contentType = null, CancellationToken cancellationToken = default)
    {
        var sas = new BlobSasBuilder(BlobSasPermissions.Read, Signable(expires)) { ContentDisposition = contentDisposition, ContentType = contentType };
        return await SignAsync(name, sas, cancellationToken);
    }

    // A signature cannot outlive the delegation key that it is made with.
    private DateTimeOffset Signable(DateTimeOffset expires) =>
        _delegationKeys is not null && expires > _clock.GetUtcNow() + UserDelegationKeyCache.MaxSignature
            ? _clock.GetUtcNow() + UserDelegationKeyCache.MaxSignature
            : expires;

    private async Task<Uri> SignAsync(string name, BlobSasBuilder sas, CancellationToken cancellationToken)
    {
        var blob = _client.GetBlobClient(name);
        sas.BlobContainerName = _client.Name;
        sas.BlobName = name;
        if (_delegationKeys is null)
            return blob.GenerateSasUri(sas);
        // A clock that runs ahead of Azure's would make a fresh key invalid.
        sas.StartsOn = _clock.GetUtcNow().AddMinutes(-5);
        var key = await _delegationKeys.GetAsync(sas.ExpiresOn).WaitAsync(cancellationToken);
        return new BlobUriBuilder(blob.Uri) { Sas = sas.ToSasQueryParameters(key, _delegationKeys.AccountName) }.ToUri();
    }

    private static BlobItem Describe(Azure.Storage.Blobs.Models.BlobItem blob) =>
        new(blob.Name, blob.Properties.ContentLength ?? 0, blob.Properties.LastModified ?? default, blob.Properties.ETag?.ToString() ?? "")
        {
            AccessTier = blob.Properties.AccessTier?.ToString(),
            ContentType = blob.Properties.ContentType,
            IsDirectoryMarker = IsMarker(blob.Metadata),
        };

    private static BlobCopyState StateOf(CopyStatus? status) => status switch
    {
        null or CopyStatus.Success => BlobCopyState.Done,
        CopyStatus.Pending => BlobCopyState.Pending,
        _ => BlobCopyState.Failed,
    };

    private static bool IsMarker(IDictionary<string, string>? metadata) =>
        metadata is not null && metadata.TryGetValue("hdi_isfolder", out var value) && string.Equals(value, "true", StringComparison.OrdinalIgnoreCase);

    private Task CallAsync(Func<Task> call) => StorageErrors.GuardAsync(Name, call);

    private Task<T> CallAsync<T>(Func<Task<T>> call) => StorageErrors.GuardAsync(Name, call);
}
