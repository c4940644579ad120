using System.Globalization;
using Cloudreve.AzureStorage;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Content.Storage;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Tables;

namespace Cloudreve.Core.Site.Editing;

/// <summary>Creates, changes and deletes storage policies (contract, section 24). Other processes follow within <see cref="SiteCatalog.MaxAge"/>.</summary>
/// <param name="catalog">The catalog that requests use.</param>
/// <param name="containers">The containers behind policies.</param>
/// <param name="census">Determines whether a policy holds blobs.</param>
public sealed class PolicyEditor(StorageLayout layout, SiteCatalog catalog, PolicyContainers containers, EntityCensus census)
{
    private const int MaxTries = 10;
    private const int MaxFormerRules = 50;

    /// <summary>The policies as they are now, by id. One transaction.</summary>
    public async Task<IReadOnlyList<StoragePolicy>> ListAsync(CancellationToken cancellationToken = default) =>
        [.. (await catalog.ReadPoliciesAsync(cancellationToken)).Where(policy => !policy.IsDeleted).OrderBy(policy => policy.Id)];

    /// <summary>A policy as it is now. One transaction.</summary>
    /// <exception cref="CloudreveException">40035: there is none.</exception>
    public async Task<StoragePolicy> GetAsync(int id, CancellationToken cancellationToken = default) =>
        (await FindAsync(id, cancellationToken)).Policy;

    /// <summary>Creates a policy, and its container unless that exists. Three transactions unless another policy is made at the same time.</summary>
    /// <param name="draft">The description.</param>
    /// <exception cref="CloudreveException">40001 and 40006 for a policy that cannot be stored or reached.</exception>
    public async Task<StoragePolicy> CreateAsync(PolicyDraft draft, CancellationToken cancellationToken = default)
    {
        PolicyCheck.CheckType(draft.Type);
        var account = PolicyAccount.Of(draft, null, layout.Account);
        for (var tries = 1; ; tries++)
        {
            // Rows of deleted policies stay, so no id is used twice.
            var id = await SiteRows.NextIdAsync(layout.Site, SiteRows.Policies, cancellationToken);
            var policy = Describe(id, draft, account);
            PolicyCheck.CheckContainer(policy, layout);
            PolicyCheck.CheckRules(policy, layout);
            await EnsureContainerAsync(policy, cancellationToken);
            try
            {
                await layout.Site.InsertAsync(SiteRows.Describe(policy, catalog.Keys), cancellationToken);
                catalog.ForgetPolicies();
                return policy;
            }
            catch (StorageExistsException) when (tries < MaxTries)
            {
                // Another administrator was faster.
            }
        }
    }

    /// <summary>
    /// Changes a policy. Account and container are those of its creation: stored files could not be found elsewhere. Two
    /// transactions, one more for a new key.
    /// </summary>
    /// <param name="draft">The new description.</param>
    /// <exception cref="CloudreveException">40001, 40006, 40035; 409 when it was changed at the same time.</exception>
    public async Task<StoragePolicy> UpdateAsync(int id, PolicyDraft draft, CancellationToken cancellationToken = default)
    {
        var (stored, etag) = await FindAsync(id, cancellationToken);
        var account = RequireSamePlace(stored, draft);
        var changed = Apply(stored, draft, account) with { FormerDirNameRules = FormerRules(stored, draft) };
        PolicyCheck.CheckRules(changed, layout);
        if (changed.SecretKey != stored.SecretKey)
            await EnsureContainerAsync(changed, cancellationToken);
        await ReplaceAsync(changed, etag, cancellationToken);
        return changed;
    }

    /// <summary>
    /// Deletes a policy that neither groups nor blobs use. The container stays. Four transactions and those of
    /// <see cref="EntityCensus.ExistsAsync"/>.
    /// </summary>
    /// <exception cref="CloudreveException">40036 for the seeded one, 40035, 40037, 40038; 409 when it was changed at the same time.</exception>
    public async Task DeleteAsync(int id, CancellationToken cancellationToken = default)
    {
        if (id == StoragePolicy.DefaultId)
            throw new CloudreveException(ErrorCode.DefaultPolicyProtected, "The default storage policy cannot be deleted.");
        var (stored, etag) = await FindAsync(id, cancellationToken);
        await RequireNoGroupAsync(id, cancellationToken);
        if (await census.ExistsAsync(id, cancellationToken))
            throw new CloudreveException(ErrorCode.PolicyHoldsBlobs, "The storage policy still holds blobs.");
        var deleted = await ReplaceAsync(stored with { IsDeleted = true }, etag, cancellationToken);
        try
        {
            await RequireNoGroupAsync(id, cancellationToken);
        }
        catch (CloudreveException)
        {
            // A group got it in between.
            await ReplaceAsync(stored, deleted, cancellationToken);
            throw;
        }
    }

    /// <summary>Allows browsers to send and fetch blobs of a policy's account directly. Two requests to that account.</summary>
    /// <param name="id">The policy; 0 for one that is not made yet.</param>
    /// <param name="draft">Names the account.</param>
    /// <exception cref="CloudreveException">40001, 40006, 40035; 50009 when the account does not allow it.</exception>
    public async Task AllowBrowsersAsync(int id, PolicyDraft draft, CancellationToken cancellationToken = default)
    {
        PolicyCheck.CheckType(draft.Type);
        var stored = id == 0 ? null : await GetAsync(id, cancellationToken);
        var account = containers.AccountOf(Describe(id, draft, PolicyAccount.Of(draft, stored, layout.Account)));
        if (!account.HasAccountKey)
            throw NoCors("The app's identity cannot change the CORS rules of its storage account; the deployment sets them.");
        try
        {
            if (!await account.AllowBrowserOriginsAsync(["*"], cancellationToken))
                throw NoCors("The storage account has the maximum number of CORS rules; remove one, or add the rule manually.");
        }
        catch (StorageException e)
        {
            throw NoCors("The CORS rule could not be set; check the account, its key and its firewall.", e);
        }
    }

    private async Task<(StoragePolicy Policy, string ETag)> FindAsync(int id, CancellationToken cancellationToken) =>
        await layout.Site.FindAsync(SiteRows.Policies, SiteRows.Key(id), cancellationToken) is { } row && SiteRows.ReadPolicy(row, catalog.Keys) is { IsDeleted: false } policy
            ? (policy, row.ETag)
            : throw SiteCatalog.NoPolicy();

    private async Task<string> ReplaceAsync(StoragePolicy policy, string etag, CancellationToken cancellationToken)
    {
        try
        {
            return await layout.Site.ReplaceAsync(SiteRows.Describe(policy, catalog.Keys), etag, cancellationToken);
        }
        catch (StorageException e) when (e is StorageChangedException or StorageNotFoundException)
        {
            throw new CloudreveException(ErrorCode.Conflict, "The storage policy was changed at the same time; reload it and try again.", e);
        }
        finally
        {
            catalog.ForgetPolicies();
        }
    }

    private async Task RequireNoGroupAsync(int id, CancellationToken cancellationToken)
    {
        var groups = (await catalog.ReadGroupsAsync(cancellationToken)).Count(group => group.StoragePolicyId == id);
        // Clients insert the number into a sentence of their own.
        if (groups > 0)
            throw new CloudreveException(ErrorCode.PolicyBoundToGroups, groups.ToString(CultureInfo.InvariantCulture));
    }

    private async Task EnsureContainerAsync(StoragePolicy policy, CancellationToken cancellationToken)
    {
        try
        {
            await containers.Get(policy).CreateIfNotExistsAsync(cancellationToken);
        }
        catch (StorageException e)
        {
            throw new CloudreveException(
                ErrorCode.BadParameter, "The container cannot be reached or created; check the storage account, its key and its firewall.", e);
        }
    }

    private StoragePolicy Describe(int id, PolicyDraft draft, PolicyAccount account)
    {
        var isLocal = draft.Type == StoragePolicy.LocalType;
        var policy = new StoragePolicy
        {
            Id = id,
            Name = draft.Name,
            Driver = StorageDriver.AzureBlob,
            IsLocal = isLocal,
            Server = account.Server,
            BucketName = isLocal ? string.Create(CultureInfo.InvariantCulture, $"{layout.Prefix}-policy-{id}") : draft.BucketName ?? "",
            DirNameRule = OwnAreas.Uploads + "{uid}/{path}",
        };
        return Apply(policy, draft, account);
    }

    private static StoragePolicy Apply(StoragePolicy policy, PolicyDraft draft, PolicyAccount account) => policy with
    {
        Name = draft.Name,
        IsPrivate = draft.IsPrivate,
        AccessKey = account.Name,
        SecretKey = account.Key,
        MaxSize = draft.MaxSize,
        DirNameRule = draft.DirNameRule ?? policy.DirNameRule,
        FileNameRule = draft.FileNameRule ?? policy.FileNameRule,
        // The token belongs to a provider, of which there is none yet.
        Settings = draft.Settings with { Relay = policy.IsLocal || draft.Settings.Relay, Token = null },
    };

    private PolicyAccount RequireSamePlace(StoragePolicy stored, PolicyDraft draft)
    {
        if (draft.Type is { Length: > 0 } type && type != stored.AdminType)
            throw Fixed();
        if (draft.BucketName is { Length: > 0 } bucket && bucket != stored.BucketName)
            throw Fixed();
        if (string.IsNullOrEmpty(draft.Server) && stored.Server.Length == 0)
            return new PolicyAccount("", "", "");
        var given = draft with
        {
            Type = stored.AdminType,
            Server = string.IsNullOrEmpty(draft.Server) ? stored.Server : draft.Server,
            AccessKey = string.IsNullOrEmpty(draft.AccessKey) ? stored.AccessKey : draft.AccessKey,
        };
        var account = PolicyAccount.Of(given, stored, layout.Account);
        return account.Server == stored.Server ? account : throw Fixed();
    }

    private static IReadOnlyList<string> FormerRules(StoragePolicy stored, PolicyDraft draft)
    {
        if (draft.DirNameRule is null || draft.DirNameRule == stored.DirNameRule || stored.FormerDirNameRules.Contains(stored.DirNameRule))
            return stored.FormerDirNameRules;
        if (stored.FormerDirNameRules.Count >= MaxFormerRules)
            throw new CloudreveException(ErrorCode.BadParameter, "The naming rule of folders was changed too often; create another storage policy.");
        return [.. stored.FormerDirNameRules, stored.DirNameRule];
    }

    private static CloudreveException Fixed() => new(
        ErrorCode.BadParameter, "Type, storage account and container of a storage policy cannot be changed; create another storage policy instead.");

    private static CloudreveException NoCors(string message, Exception? innerException = null) => new(ErrorCode.CorsSetup, message, innerException);
}
