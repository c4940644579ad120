using 'main.bicep'

// azd sets these names; for 'az deployment group create' set the variables or write the values here.
param name = readEnvironmentVariable('AZURE_ENV_NAME', 'cloudreve')
param location = readEnvironmentVariable('AZURE_LOCATION', 'northeurope')
param prefix = readEnvironmentVariable('CLOUDREVE_PREFIX', 'cloudreve')
param adminEmail = readEnvironmentVariable('CLOUDREVE_ADMIN_EMAIL', 'admin@example.com')
param adminPassword = readEnvironmentVariable('CLOUDREVE_ADMIN_PASSWORD', '')
param sealingKeys = readEnvironmentVariable('CLOUDREVE_SEALING_KEYS', '')
param allowedOrigins = []
param tags = { 'azd-env-name': readEnvironmentVariable('AZURE_ENV_NAME', 'cloudreve') }
