// The event route of imports: a blob appears -> Event Grid -> the webhook of the blob trigger.
// The second step of a deployment. The webhook asks for a key that the Functions host makes when the app's code first runs, and Event
// Grid calls the webhook before it accepts a subscription. So this comes after the code:
// az deployment group create -g GROUP -f infra/events.bicep -p functionAppName=NAME storageAccountName=NAME

targetScope = 'resourceGroup'

@description('The function app, with its code deployed: the output AZURE_FUNCTION_APP_NAME of main.bicep.')
param functionAppName string

@description('The storage account: the output AZURE_STORAGE_ACCOUNT_NAME of main.bicep.')
param storageAccountName string

@description('The same as in main.bicep.')
param prefix string = 'cloudreve'

@description('The region of the storage account.')
param location string = resourceGroup().location

@description('Tags of the system topic.')
param tags object = {}

var blobTrigger = 'Host.Functions.ImportArrivedBlob'

resource app 'Microsoft.Web/sites@2024-11-01' existing = {
  name: functionAppName
}

resource account 'Microsoft.Storage/storageAccounts@2025-01-01' existing = {
  name: storageAccountName
}

resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' = {
  name: '${storageAccountName}-events'
  location: location
  tags: tags
  properties: {
    source: account.id
    topicType: 'Microsoft.Storage.StorageAccounts'
  }
}

resource blobCreated 'Microsoft.EventGrid/systemTopics/eventSubscriptions@2025-02-15' = {
  parent: topic
  name: 'blob-created'
  properties: {
    eventDeliverySchema: 'EventGridSchema'
    filter: {
      includedEventTypes: ['Microsoft.Storage.BlobCreated']
      // imports/{user id}/{path}: what appears elsewhere in the container is the drive's own.
      subjectBeginsWith: '/blobServices/default/containers/${prefix}-files/blobs/imports/'
      isSubjectCaseSensitive: true
    }
    destination: {
      // An endpoint of the type AzureFunction takes event triggers alone; a blob trigger is fed through this webhook of the host.
      endpointType: 'WebHook'
      properties: {
        endpointUrl: 'https://${app.properties.defaultHostName}/runtime/webhooks/blobs?functionName=${blobTrigger}&code=${listKeys('${app.id}/host/default', '2024-11-01').systemKeys.blobs_extension}'
      }
    }
    retryPolicy: {
      eventTimeToLiveInMinutes: 1440
      maxDeliveryAttempts: 30
    }
  }
}
