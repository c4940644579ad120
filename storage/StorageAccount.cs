using Azure.Core;
using Azure.Data.Tables;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Queues;
using Cloudreve.AzureStorage.Blobs;
using Cloudreve.AzureStorage.Pipeline;
using Cloudreve.AzureStorage.Queues;
using Cloudreve.AzureStorage.Tables;

namespace Cloudreve.AzureStorage;

/// <summary>Options for connecting to a storage account.</summary>
public sealed record StorageAccountOptions
{
    /// <summary>
    /// A connection string with an account key, or <c>UseDevelopmentStorage=true</c>; null when <see cref="AccountName"/> is set.
    /// </summary>
    public string? ConnectionString { get; init; }

    /// <summary>An account that is reached with the app's managed identity; null when <see cref="ConnectionString"/> is set.</summary>
    public string? AccountName { get; init; }

    /// <summary>The DNS suffix of <see cref="AccountName"/>.</summary>
    public string EndpointSuffix { get; init; } = "core.windows.net";

    /// <summary>Maximum number of retries of a throttled or failed request.</summary>
    public int MaxRetries { get; init; } = 5;

    /// <summary>The pause before the first retry; it doubles with each.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>Multiplies the time that storage may take to respond, for an emulator that shares its processors with much else.</summary>
    public int TimeLimitFactor { get; init; } = 1;

    /// <summary>For tests: decides for each request whether it fails.</summary>
    public Func<StorageCall, StorageFault>? Faults { get; init; }
}

/// <summary>
/// A storage account: the only access to tables, blobs and queues. All its requests pass one pipeline that counts them and,
/// in tests, injects faults. Thread-safe; one instance for each account and process.
/// </summary>
public sealed class StorageAccount
{
    private const int MaxCorsRules = 5;

    private readonly TableServiceClient _tables;
    private readonly BlobServiceClient _blobs;
    private readonly BlobServiceClient _contents;
    private readonly QueueServiceClient _queues;
    private readonly UserDelegationKeyCache? _delegationKeys;

    /// <summary>Creates the clients; sends nothing yet.</summary>
    /// <param name="options">The options for connecting to the account.</param>
    /// <param name="timeProvider">The clock for signatures.</param>
    /// <exception cref="ArgumentException">Neither a connection string nor an account name is given.</exception>
    public StorageAccount(StorageAccountOptions options, TimeProvider? timeProvider = null)
    {
        Clock = timeProvider ?? TimeProvider.System;
        var tableOptions = Configure(new TableClientOptions(), options, StorageService.Table);
        var blobOptions = Configure(new BlobClientOptions { TrimBlobNameSlashes = false }, options, StorageService.Blob);
        var contentOptions = Configure(new BlobClientOptions { TrimBlobNameSlashes = false }, options, StorageService.Blob, isContent: true);
        var queueOptions = Configure(new QueueClientOptions { MessageEncoding = QueueMessageEncoding.Base64 }, options, StorageService.Queue);
        if (options.ConnectionString is { Length: > 0 } connection)
        {
            _tables = new TableServiceClient(connection, tableOptions);
            _blobs = new BlobServiceClient(connection, blobOptions);
            _contents = new BlobServiceClient(connection, contentOptions);
            _queues = new QueueServiceClient(connection, queueOptions);
        }
        else if (options.AccountName is { Length: > 0 } name)
        {
            var credential = AppIdentity.Credential;
            var blobAddress = new Uri($"https://{name}.blob.{options.EndpointSuffix}");
            _tables = new TableServiceClient(new Uri($"https://{name}.table.{options.EndpointSuffix}"), credential, tableOptions);
            _blobs = new BlobServiceClient(blobAddress, credential, blobOptions);
            _contents = new BlobServiceClient(blobAddress, credential, contentOptions);
            _queues = new QueueServiceClient(new Uri($"https://{name}.queue.{options.EndpointSuffix}"), credential, queueOptions);
            _delegationKeys = new UserDelegationKeyCache(_blobs, Clock);
        }
        else
        {
            throw new ArgumentException("A storage account needs a connection string or an account name.", nameof(options));
        }
    }

    /// <summary>Counts the requests of this account.</summary>
    public StorageTransactionCounter Transactions { get; } = new();

    /// <summary>True when signatures are made with an account key (connection string), false with a user delegation key.</summary>
    public bool HasAccountKey => _delegationKeys is null;

    /// <summary>True for an emulator, whose addresses hold the account's name in their path: <c>http://127.0.0.1:10000/devstoreaccount1</c>.</summary>
    public bool IsEmulator => _blobs.Uri.AbsolutePath.Length > 1;

    internal TimeProvider Clock { get; }

    /// <summary>A table; no request is sent.</summary>
    /// <param name="name">Letters and digits, 3 to 63.</param>
    public Table Table(string name) => new(_tables.GetTableClient(name));

    /// <summary>A container; no request is sent.</summary>
    /// <param name="name">The container's name.</param>
    public BlobContainer Container(string name) => new(_blobs.GetBlobContainerClient(name), _contents.GetBlobContainerClient(name), _delegationKeys, Clock);

    /// <summary>A queue; no request is sent.</summary>
    /// <param name="name">The queue's name.</param>
    public MessageQueue Queue(string name) => new(_queues.GetQueueClient(name));

    /// <summary>The endpoint of the account's blobs.</summary>
    public Uri BlobEndpoint => _blobs.Uri;

    /// <summary>The account's name.</summary>
    public string Name => _blobs.AccountName;

    /// <summary>
    /// Allows browsers on the given sites to send and fetch blobs directly, with a rule beside those that the account has. An account with
    /// the maximum number of rules keeps them as they are. Needs an account key; elsewhere the deployment sets it. Two requests.
    /// </summary>
    /// <param name="origins">Origins such as <c>https://drive.example.com</c>, or <c>*</c>.</param>
    /// <returns>False when the account has too many rules already.</returns>
    public Task<bool> AllowBrowserOriginsAsync(IReadOnlyList<string> origins, CancellationToken cancellationToken = default) =>
        StorageErrors.GuardAsync(Name, async () =>
        {
            var properties = (await _blobs.GetPropertiesAsync(cancellationToken)).Value;
            var rule = new BlobCorsRule
            {
                AllowedOrigins = string.Join(',', origins),
                AllowedMethods = "GET,HEAD,PUT,OPTIONS",
                AllowedHeaders = "*",
                ExposedHeaders = "*",
                MaxAgeInSeconds = 3600,
            };
            var rules = properties.Cors ?? [];
            if (rules.Any(r => r.AllowedOrigins == rule.AllowedOrigins && r.AllowedMethods == rule.AllowedMethods))
                return true;
            if (rules.Count >= MaxCorsRules)
                return false;
            properties.Cors = [.. rules, rule];
            await _blobs.SetPropertiesAsync(properties, cancellationToken);
            return true;
        });

    /// <summary>The only code that configures connections, time limits and retries of clients.</summary>
    private T Configure<T>(T client, StorageAccountOptions options, StorageService service, bool isContent = false)
        where T : ClientOptions
    {
        client.Transport = isContent ? Connections.Content : Connections.Metadata;
        client.RetryPolicy = new TimedRetries(options.MaxRetries, options.RetryDelay, isContent ? CallLimits.LastContentTry : CallLimits.LastTry);
        client.Diagnostics.IsDistributedTracingEnabled = false;
        client.Diagnostics.IsLoggingEnabled = false;
        client.AddPolicy(new StoragePipelinePolicy(service, isContent, options.TimeLimitFactor, Transactions, options.Faults), HttpPipelinePosition.PerRetry);
        return client;
    }
}
